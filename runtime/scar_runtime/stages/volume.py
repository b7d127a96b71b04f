"""The volume that the containers of a job share, and what one stage writes there for the next."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scar_runtime.disk import disk_error, write_file
from scar_runtime.workspace import WORK_ROOT, Workspace, remove_tree, work_folder

STAGED, DUPLICATE, IGNORED, FAILED = "staged", "duplicate", "ignored", "failed"
_ALL_MAY_WRITE = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
_ALL_MAY_WRITE_FILES = _ALL_MAY_WRITE & ~0o111
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Notes:
    """What `stage-in` tells `stage-out`.

    `status`: whether the script is to run, or why not. `begin` is by `time.monotonic`, which all
    containers of one machine share. `claim` is the claim's document as `stage-in` wrote it.
    `joins` is what the input carries for joins; one that `is_empty` stands for no file. `message`
    and `exit_code` are of the fault, if there was one.
    """

    status: str
    begin: float
    claim: Mapping[str, Any] | None = None
    hop: int = 0
    trace_id: str = ""
    joins: str = ""
    is_empty: bool = False
    message: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Volume:
    """The places in the volume. It is mounted where scripts know their work folder to be."""

    root: Path = WORK_ROOT

    @property
    def _own(self) -> Path:
        return self.root / ".scar"

    @property
    def launcher(self) -> Path:
        """What the container `program` runs. The job definition names this path."""
        return self._own / "start"

    @property
    def code(self) -> Path:
        """Where the launcher writes the script's exit code."""
        return self._own / "code"

    @property
    def payload(self) -> Path:
        return self._own / "payload"

    @property
    def _notes(self) -> Path:
        return self._own / "notes.json"

    def work(self, request_id: str) -> Workspace:
        return work_folder(request_id, self.root)

    def prepare(self) -> None:
        """Make the volume ready for any user: that of the image may be anybody. Raises
        `StorageError`, as all that is written here does."""
        try:
            remove_tree(self._own)
            self._own.mkdir()
            self.root.chmod(_ALL_MAY_WRITE | stat.S_ISVTX)
            self.code.touch()
            self.code.chmod(_ALL_MAY_WRITE_FILES)
        except OSError as error:
            raise disk_error(error, "the folder of the stages") from error

    def clear(self, request_id: str) -> None:
        """Remove what takes room."""
        remove_tree(self.work(request_id).root)
        remove_tree(self.payload)

    def put_payload(self, folder: Path) -> Path:
        try:
            shutil.copytree(folder, self.payload)
        except OSError as error:
            raise disk_error(error, "the extra payload") from error
        return self.payload

    def put_launcher(self, text: bytes) -> None:
        write_file(self.launcher, text)
        self.launcher.chmod(0o755)

    def put_notes(self, notes: Notes) -> None:
        write_file(self._notes, json.dumps(asdict(notes)).encode("ascii"))

    def notes(self) -> Notes:
        """What `stage-in` wrote; a fault of its own if it did not come to its end."""
        try:
            return Notes(**json.loads(_content(self._notes)))
        except FileNotFoundError:
            message = "stage-in did not come to its end: see its log"
        except (OSError, ValueError, TypeError, RecursionError):
            message = "the script has damaged what stage-in left for stage-out"
        return Notes(FAILED, time.monotonic(), message=message, exit_code=1)

    def exit_code(self) -> int | None:
        """The script's exit code; None if the launcher did not come so far."""
        try:
            text = _content(self.code).strip()
        except OSError:
            return None
        return int(text) if re.fullmatch(rb"[0-9]{1,3}", text) else None


def _content(file: Path) -> bytes:
    """What is in a file, to which a script that is root may have done anything: opening a pipe
    would wait for ever, and a link leads to other files. Raises `OSError`."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("no file")
        return opened.read(_MOST_BYTES)


def open_to_all(root: Path) -> None:
    """Let every user read and write a tree: the script's user is the image's own."""
    for folder, _, names in os.walk(root):
        Path(folder).chmod(_ALL_MAY_WRITE)
        for name in names:
            path = Path(folder, name)
            path.chmod(_ALL_MAY_WRITE_FILES | (path.stat().st_mode & 0o111))
