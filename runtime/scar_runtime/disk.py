"""Answers on their way to the disk, and a disk that has no room for them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path

from scar_runtime.aws.checksums import Crc32
from scar_runtime.errors import DiskFullError, StorageError

MIB = 1024 * 1024
CHUNK = 256 * 1024


def write_answer(
    answer: HTTPResponse,
    descriptor: int,
    offset: int,
    name: str,
    check: Callable[[], None],
    value: Crc32 | None = None,
) -> int:
    """Write the answer's content to an open file from `offset` on, with its CRC-32 into `value`;
    gives its size. Raises `StorageError` where the disk takes it not; `name` is the object's."""
    begin = offset
    buffer = memoryview(bytearray(CHUNK))
    while count := answer.readinto(buffer):
        check()
        rest = buffer[:count]
        if value:
            value.update(rest)
        while rest:
            try:
                written = os.pwrite(descriptor, rest, offset)
            except OSError as error:  # of the disk, where trying again helps nobody
                raise disk_error(error, name) from error
            rest, offset = rest[written:], offset + written
    return offset - begin


def require_space(folder: Path, size: int) -> None:
    """Raise `DiskFullError` where `size` bytes cannot fit: before the transfer, not amid it."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DiskFullError(_full(f"{size} bytes", free))


def write_file(path: Path, content: bytes) -> None:
    """Write a file. Raises `StorageError` where the disk takes it not."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise disk_error(error, f"the {len(content)} bytes of {path.name!r}") from error


def _full(needed: str, free: int) -> str:
    return (
        f"no room for {needed} in {free // MIB} MiB of free disk: raise lambda.ephemeral_storage,"
        " or batch.disk_gib for a Batch job"
    )


def disk_error(error: OSError, what: str) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(_full(what, 0))
    return StorageError(f"cannot write {what} to disk: {error.strerror or error}")
