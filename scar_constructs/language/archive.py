"""Tars that somebody else has made, held to their limits while they are read."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Self

from scar_constructs.errors import UserError

SAVE = "save one with `docker save --output FILE IMAGE`"

DOCUMENT_MAX_BYTES = 8_388_608
_MEMBERS_MAX = 5_000_000
_COMPRESSIONS = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
}
_OF_THE_NEXT = frozenset((b"x", b"X", b"g", b"L", b"K"))
"""Types of members that say something of the next one: pax headers, GNU's long names."""
UNREADABLE = (
    *(tarfile.TarError, EOFError, OSError, ValueError, OverflowError, RecursionError),
    *(zlib.error, gzip.BadGzipFile),
)
"""What reading a damaged tar ends with. Recursion: of headers, or of links that lead to links."""


class ImageFileError(UserError):
    """No image can be taken from the file; `fix` says what to do."""

    def __init__(self, message: str, fix: str = SAVE) -> None:
        super().__init__(message)
        self.fix = fix


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The file as a tar. Raises ImageFileError if it is none."""
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            compression = compression_of(stream)
            if compression:
                message = f"must be a plain tar, and the file is compressed with {compression}"
                raise ImageFileError(message, "unpack it, such as with `gunzip`")
            archive = stack.enter_context(opened_tar(stream))
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise ImageFileError("must be a tar as `docker save` writes it") from error
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            fix = "check the path and its permissions"
            raise ImageFileError(f"cannot be read: {reason}", fix) from error
        yield archive


def opened_tar(stream: IO[bytes]) -> tarfile.TarFile:
    """A plain tar whose headers are held to their limits while they are read."""
    return tarfile.open(fileobj=stream, mode="r:", tarinfo=_Entry)


class _Entry(tarfile.TarInfo):
    """A header of a tar that somebody else has made."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        _check_size(entry)
        return entry


def _check_size(entry: tarfile.TarInfo) -> None:
    """Python goes back in the file over a size below nothing, and reads the whole of a header that
    belongs to the next one, whatever its size."""
    if entry.size < 0:
        raise damaged("a member has a size below 0")
    if entry.type in _OF_THE_NEXT and entry.size > DOCUMENT_MAX_BYTES:
        raise damaged(f"a member has a header of {entry.size:,} bytes")


def members_of(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members of a tar, each after the one before. Raises ImageFileError where the tar does not
    go on, or does not end."""
    place = -1
    for number, member in enumerate(archive):
        _check_size(member)  # an extended header may have changed it
        if archive.offset <= place or number == _MEMBERS_MAX:
            raise damaged(f"it does not end after {number:,} members")
        place = archive.offset
        yield member


def compression_of(stream: IO[bytes]) -> str:
    """What the bytes are compressed with, by the first of them; empty for none."""
    start = stream.read(16)
    stream.seek(0)
    return next((name for name, form in _COMPRESSIONS.items() if form.match(start)), "")


def damaged(what: str) -> ImageFileError:
    """What is told of a file that is not whole."""
    return ImageFileError(f"the file is damaged: {what}", "save the image again")
