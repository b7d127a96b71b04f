"""The folders of one event record, and local names that can never lead out of them."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scar_runtime.disk import disk_error
from scar_runtime.identifiers import unique

WORK_ROOT = Path("/tmp")  # noqa: S108  (scripts rely on it, and Lambda has no other)
"""Scripts name their folders /tmp/$REQUEST_ID/input and /tmp/$REQUEST_ID/output."""

NAME_BYTES = 255
"""The longest file name that Linux file systems take; an S3 key may have 1,024 bytes."""
_SUFFIX_BYTES = 32
_DIGEST_LETTERS = 12
_REQUESTS = "-".join("[0-9a-f]" * letters for letters in (8, 4, 4, 4, 12)) + "*"
"""The work folders of Lambda's request ids; a script may have locked its own."""


@dataclass(frozen=True)
class Workspace:
    """The work folder of one record: the script's working directory, with what it is given."""

    root: Path

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def script(self) -> Path:
        """The folder of the script's own file, out of the way of the script's files."""
        return self.root / ".script"

    @property
    def input_list(self) -> Path:
        """The paths of the input files, one a line, where there are many."""
        return self.script / "input-files"

    def make(self) -> int:
        """Make the folders. The descriptor that this returns marks them as in use while it is
        open, also for other processes; no folder is ever seen unmarked. Raises `StorageError`."""
        try:
            self.input.mkdir(parents=True)
            self.output.mkdir()
            unmarked = self.root / ".script.new"
            unmarked.mkdir()
            mark = os.open(unmarked, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(mark, fcntl.LOCK_EX)
            unmarked.rename(self.script)
        except OSError as error:
            remove_tree(self.root)
            raise disk_error(error, f"the work folder {self.root}") from error
        return mark


@contextmanager
def workspace(
    request_id: str, root: Path = WORK_ROOT, warn: Callable[[str], None] = lambda _: None
) -> Iterator[Workspace]:
    """Make the folders for one record, and remove them afterwards, whatever the script left.

    Of what cannot be removed, `warn` is told: what the script has done stays done. Raises
    `StorageError` if the folders cannot be made.
    """
    work = work_folder(request_id, root)
    make_way(work.root)  # for an attempt that was killed in this same environment
    mark = work.make()
    try:
        yield work
    finally:
        remove_tree(work.root)
        os.close(mark)
        if os.path.lexists(work.root):
            warn(f"a part of the work folder {work.root} cannot be removed")


def work_folder(request_id: str, root: Path = WORK_ROOT) -> Workspace:
    """Where the folders of a record are; they need not be there yet."""
    return Workspace(root / local_name(request_id))


def remove_leftovers(root: Path = WORK_ROOT) -> None:
    """Remove the folders of records whose process was killed, as Lambda does when time is up: the
    disk may outlive the process, and be filled up by it. On a disk that is shared, as outside of
    Lambda, the folders that others use stay."""
    with contextlib.suppress(OSError):
        unlock(root)
        for folder in root.glob(_REQUESTS):
            unlock(folder)
        for script in root.glob("*/.script"):
            if not _is_in_use(script):
                remove_tree(script.parent)


def _is_in_use(script: Path) -> bool:
    try:
        probe = os.open(script, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return True  # somebody else's, or removed in this moment
    try:
        fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(probe)
    return False


def unlock(folder: str | Path) -> None:
    """Give ourselves back the rights on a folder that a script took away. Does nothing to what is
    no folder, or is not ours."""
    with contextlib.suppress(OSError):
        mode = os.lstat(folder).st_mode
        if stat.S_ISDIR(mode) and mode & stat.S_IRWXU != stat.S_IRWXU:
            Path(folder).chmod(stat.S_IMODE(mode) | stat.S_IRWXU)


def make_way(folder: Path) -> None:
    """Have nothing at the place of the folder: what cannot be removed is moved aside."""
    unlock(folder.parent)
    remove_tree(folder)
    if os.path.lexists(folder):
        _try(os.rename, os.fspath(folder), os.fspath(folder.with_name(unique())))


def remove_tree(root: Path) -> None:
    """Remove a folder, or what a script put in its place, and pass over what cannot be removed.

    Each folder is brought up to `root` before it is emptied: however deep a script made them, no
    path gets too long, and no call goes deep.
    """
    top = os.fspath(root)
    if not _is_folder(top):
        _try(os.unlink, top)
        return
    unlock(top)
    folders = [top]
    while folders:
        folder = folders.pop()
        with contextlib.suppress(OSError):
            _empty(folder, top, folders)
        if folder != top:
            _try(os.rmdir, folder)
    _try(os.rmdir, top)


def _is_folder(path: str) -> bool:
    """Not by a symbolic link: what that leads to is not ours to remove."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _empty(folder: str, top: str, moved: list[str]) -> None:
    """Remove the files of a folder, and take its folders out of it; `moved` gets where these are
    now."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                _try(os.unlink, entry.path)
                continue
            unlock(entry.path)
            place = entry.path if folder == top else os.path.join(top, unique())  # noqa: PTH118
            if place == entry.path or _try(os.rename, entry.path, place):
                moved.append(place)
            else:
                _try(os.rmdir, entry.path)


def _try(do: Callable[..., None], *paths: str) -> bool:
    """Whether it could be done."""
    try:
        do(*paths)
    except OSError:
        return False
    return True


def local_name(key: str) -> str:
    """A file name for an object's key: its last part, made safe and at most 255 bytes long.

    Whatever the key, the name is one component: no separator, neither "." nor "..", not empty.
    A name that is too long keeps its beginning and its suffix, with a digest of the whole key
    between, so that two long keys never meet.
    """
    name = key.rsplit("/", 1)[-1].replace("\0", "_").encode("utf-8", "replace")
    if name in (b"", b".", b".."):
        name = b"_" + name
    if len(name) <= NAME_BYTES:
        return name.decode()
    _, dot, suffix = name.rpartition(b".")
    tail = dot + suffix if dot and len(suffix) < _SUFFIX_BYTES else b""
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_DIGEST_LETTERS]
    middle = b"~" + digest.encode()
    head = name[: NAME_BYTES - len(middle) - len(tail)]
    return (head.decode("utf-8", "ignore").encode() + middle + tail).decode("utf-8", "ignore")
