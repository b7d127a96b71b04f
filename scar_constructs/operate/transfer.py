"""Files and folders into buckets and out of them, several at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from scar_constructs.errors import UserError
from scar_constructs.operate.local_paths import local_paths
from scar_constructs.operate.objects import (
    Listed,
    StoredFile,
    folder_prefix,
    head,
    listed,
    split_path,
)
from scar_constructs.operate.parallel import in_order

PART = 8 * 1024 * 1024
"""Larger files are sent in parts of this size, from which their ETags follow."""
_CONFIG = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)

Progress = Callable[[int], None]
"""Is told how many bytes more have been sent or received."""


class EndedError(Exception):
    """The transfers were interrupted."""


class _Running:
    """Takes a transfer's progress on; raises once all are to end, so that each removes what it has
    made of a file, and ends the upload of its parts."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._is_ended = False

    def __call__(self, count: int) -> None:
        if self._is_ended:
            raise EndedError
        self._progress(count)

    def end(self) -> None:
        self._is_ended = True


@dataclass(frozen=True)
class Transfer:
    """One file and its object, how many bytes, and whether it was there already."""

    file: str
    path: str
    size: int
    skipped: bool = False


def uploads(place: str, path: Path) -> list[tuple[Path, str, str]]:
    """(file, bucket, key) of a file or of all files of a folder, under "bucket/folder". Raises
    `UserError` where there is nothing."""
    bucket, key = split_path(place)
    prefix = folder_prefix(key)
    if path.is_file():
        return [(path, bucket, f"{prefix}{path.name}")]
    if not path.is_dir():
        raise UserError(f"there is no file or folder {path}")
    files = sorted(one for one in path.rglob("*") if one.is_file())
    if not files:
        raise UserError(f"the folder {path} has no files")
    return [(one, bucket, f"{prefix}{one.relative_to(path).as_posix()}") for one in files]


def put(s3: Any, wanted: Sequence[tuple[Path, str, str]], progress: Progress) -> Iterator[Transfer]:
    """Upload, except for what is there with the same content: an object that is written again
    starts functions again. Raises botocore's errors."""

    running = _Running(progress)

    def one(file: Path, bucket: str, key: str) -> Transfer:
        size = file.stat().st_size
        found = _there(s3, f"{bucket}/{key}")
        same = found is not None and found.size == size and found.etag == etag_of(file)
        if same:
            progress(size)
        else:
            s3.upload_file(str(file), bucket, key, Config=_CONFIG, Callback=running)
        return Transfer(str(file), f"{bucket}/{key}", size, same)

    yield from in_order(lambda each: one(*each), wanted, running.end)


def _there(s3: Any, path: str) -> StoredFile | None:
    """What is there; None also where one may write and not look."""
    try:
        return head(s3, path)
    except ClientError as error:
        if error.response["Error"]["Code"] == "403":
            return None
        raise


def downloads(s3: Any, place: str, path: Path) -> list[tuple[Listed, Path]]:
    """Which objects under "bucket/folder" go to which files; a single object to the path itself,
    or into it if it is a folder. Raises `UserError` where there is nothing."""
    bucket, key = split_path(place)
    # Of all keys that begin so, the key itself comes first. Who may list need not know more.
    first = next(listed(s3, bucket, key), None) if key and not key.endswith("/") else None
    if first is not None and first.key == key:
        return [(first, path / key.rpartition("/")[2] if path.is_dir() else path)]
    prefix = folder_prefix(key)
    objects = {("", one.key[len(prefix) :]): one for one in listed(s3, bucket, prefix)}
    if not objects:
        raise UserError(f"nothing lies at s3://{bucket}/{key}: check the name")
    paths = local_paths(objects, path)
    return [(one, paths[name]) for name, one in objects.items()]


def get(s3: Any, wanted: Sequence[tuple[Listed, Path]], progress: Progress) -> Iterator[Transfer]:
    """Download, except for files that are there with the same content."""

    running = _Running(progress)

    def one(found: Listed, file: Path) -> Transfer:
        same = file.is_file() and file.stat().st_size == found.size and etag_of(file) == found.etag
        if same:
            progress(found.size)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(found.bucket, found.key, str(file), Config=_CONFIG, Callback=running)
        return Transfer(str(file), found.path, found.size, same)

    yield from in_order(lambda each: one(*each), wanted, running.end)


def etag_of(file: Path) -> str:
    """The ETag that S3 gives to the file if it is sent as `put` sends it, and not encrypted with a
    key of KMS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html"""
    digests = []
    with file.open("rb") as content:
        while block := content.read(PART):
            digests.append(hashlib.md5(block, usedforsecurity=False).digest())
    if file.stat().st_size < PART:
        return (digests[0] if digests else hashlib.md5(b"", usedforsecurity=False).digest()).hex()
    whole = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
    return f"{whole}-{len(digests)}"
