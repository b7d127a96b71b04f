"""What a script left in its output folder. It is data: the input may have led the script to make
links, pipes, and names of any bytes, and nothing outside of the folder is ever read.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scar_runtime.errors import StorageError
from scar_runtime.workspace import unlock

LARGEST = 10_000 * 5 * 1024**3
"""The largest object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html. A file
with holes may be larger than any disk."""
SHOWN = 20
"""Names in a warning; a script may leave millions."""
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f]")
"""Control characters: XML 1.0, in which S3 lists and removes objects, has no place for most, and a
terminal obeys them."""
_KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

Warn = Callable[[str], None]


@dataclass(frozen=True)
class OutputFile:
    """Something in the output folder that is no folder. `raw` is its relative name as the script
    made it, `name` the same as a key can have it."""

    path: str
    raw: bytes

    @property
    def name(self) -> str:
        return _UNFIT.sub("\ufffd", self.raw.decode("utf-8", "replace"))

    @property
    def shown(self) -> str:
        """The name in a message, with what cannot be printed as an escape."""
        try:
            return repr(self.raw.decode())
        except UnicodeDecodeError:
            return repr(self.raw)


class _NoFileError(Exception):
    """What is there in place of a file, in words."""


def listed(folder: Path) -> list[OutputFile]:
    """All that is in the output folder and below, in order, but folders.

    Rights that the script took away from itself are given back. Raises `StorageError` if the folder
    is not the script's to write any more, or a part of it cannot be read.
    """
    for place in (folder.parent, folder):  # the script may have moved the work folder, too
        _require_folder(place)
    return list(_below(folder))


def _require_folder(folder: Path) -> None:
    try:
        mode = folder.lstat().st_mode
    except OSError as error:
        raise StorageError(f"the output folder is gone: {error.strerror}: {folder}") from error
    if stat.S_ISLNK(mode):
        text = "was replaced by a symbolic link, which is not followed: put the files into it"
        raise StorageError(f"the output folder {folder} {text}")
    if not stat.S_ISDIR(mode):
        raise StorageError(f"the output folder {folder} was replaced by {_kind(mode)}")
    unlock(folder)


def _below(root: Path) -> Iterator[OutputFile]:
    """Not by recursion, and not by `os.walk`, which is silent on what it cannot read."""
    start = len(os.fsencode(root)) + 1
    pending = [os.fspath(root)]
    while pending:
        folder = pending.pop()
        try:
            unlock(folder)
            with os.scandir(folder) as listing:
                entries = sorted(
                    (entry.path, entry.is_dir(follow_symlinks=False)) for entry in listing
                )
        except OSError as error:
            place = OutputFile(folder, os.fsencode(folder)[start:])
            raise StorageError(
                f"cannot read the folder {place.shown} of the outputs: {error.strerror}"
            ) from error
        for path, is_folder in entries:
            if not is_folder:
                yield OutputFile(path, os.fsencode(path)[start:])
        pending.extend(path for path, is_folder in reversed(entries) if is_folder)


def chosen(
    folder: Path, files: Sequence[OutputFile], warn: Warn
) -> Iterator[tuple[OutputFile, Path]]:
    """The files that can be uploaded, each with where it is.

    A symbolic link to a file counts where the file itself is under `folder`. Of everything else
    that is no file, and of names that are changed, `warn` is told. Raises `StorageError` for a file
    that cannot be read, or that no service could hold.
    """
    root = os.path.realpath(folder)
    skipped, renamed = [], []
    for file in files:
        try:
            path = _within(root, file)
            _require_readable(path, file)
        except _NoFileError as reason:
            skipped.append(f"{file.shown} ({reason})")
            continue
        except OSError as error:
            text = f"cannot read the output {file.shown}: {error.strerror}"
            raise StorageError(text) from error
        if file.name.encode() != file.raw:
            renamed.append(f"{file.shown} as {file.name!r}")
        yield file, Path(path)
    _warn(warn, "not uploaded, since they are no files of the output folder", skipped)
    _warn(
        warn, "uploaded under other names, since keys are UTF-8 without control characters", renamed
    )


def _within(root: str, file: OutputFile) -> str:
    """The path of the file itself. Raises `_NoFileError`."""
    mode = os.lstat(file.path).st_mode
    if stat.S_ISREG(mode):
        return file.path
    if not stat.S_ISLNK(mode):
        raise _NoFileError(_kind(mode))
    try:
        path = os.path.realpath(file.path, strict=True)
        mode = os.lstat(path).st_mode
    except OSError as error:
        raise _NoFileError("a symbolic link that leads nowhere") from error
    if not path.startswith(root + os.sep):
        raise _NoFileError("a symbolic link that leads out of it")
    if not stat.S_ISREG(mode):
        raise _NoFileError(f"a symbolic link to {_kind(mode)}")
    return path


def _require_readable(path: str, file: OutputFile) -> None:
    if not os.access(path, os.R_OK):
        with contextlib.suppress(PermissionError):
            os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) | stat.S_IRUSR)  # noqa: PTH101
    if not os.access(path, os.R_OK):
        raise StorageError(f"cannot read the output {file.shown}: Permission denied")
    if os.lstat(path).st_size > LARGEST:
        raise StorageError(f"the output {file.shown} has more than {LARGEST} bytes")


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "something that is no file")


def _warn(warn: Warn, what: str, names: Sequence[str]) -> None:
    if names:
        more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        warn(f"outputs {what}: {', '.join(names[:SHOWN])}{more}")
