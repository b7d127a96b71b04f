"""The folders of one event record, and local names that can never lead out of them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORK_ROOT = Path("/tmp")  # noqa: S108  (scripts rely on it, and Lambda has no other)
"""Scripts name their folders /tmp/$REQUEST_ID/input and /tmp/$REQUEST_ID/output."""

NAME_BYTES = 255
"""The longest file name that Linux file systems take; an S3 key may have 1,024 bytes."""
_SUFFIX_BYTES = 32
_DIGEST_LETTERS = 12


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

    def make(self) -> int:
        """Make the folders. The descriptor that this returns marks them as in use while it is
        open, also for other processes; no folder is ever seen unmarked."""
        self.input.mkdir(parents=True)
        self.output.mkdir()
        unmarked = self.root / ".script.new"
        unmarked.mkdir()
        mark = os.open(unmarked, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(mark, fcntl.LOCK_EX)
        unmarked.rename(self.script)
        return mark


@contextmanager
def workspace(request_id: str, root: Path = WORK_ROOT) -> Iterator[Workspace]:
    """Make the folders for one record, and remove them afterwards, whatever the script left."""
    work = work_folder(request_id, root)
    remove_tree(work.root)  # of an attempt that was killed in this same environment
    mark = work.make()
    try:
        yield work
    finally:
        remove_tree(work.root)
        os.close(mark)


def work_folder(request_id: str, root: Path = WORK_ROOT) -> Workspace:
    """Where the folders of a record are; they need not be there yet."""
    return Workspace(root / local_name(request_id))


def remove_leftovers(root: Path = WORK_ROOT) -> None:
    """Remove the folders of records whose process was killed, as Lambda does when time is up: the
    disk may outlive the process, and be filled up by it. On a disk that is shared, as outside of
    Lambda, the folders that others use stay."""
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


def remove_tree(root: Path) -> None:
    """Remove a folder, with what a script took its own permissions away from."""
    try:
        shutil.rmtree(root)
    except FileNotFoundError:
        return
    except PermissionError:
        for folder, _, _ in os.walk(root):
            Path(folder).chmod(0o700)
        shutil.rmtree(root)


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
