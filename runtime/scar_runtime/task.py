"""What there is to do for one record, and what stands between its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scar_runtime.events import Record
from scar_runtime.process import Kept
from scar_runtime.workspace import Workspace, local_name

GRACE_SECONDS = 20.0
"""From SIGTERM to SIGKILL. Batch itself waits 30 seconds, and we have to clean up after."""


@dataclass(frozen=True)
class Task:
    """A record with what its surroundings add to it.

    `request_id` names the work folder and fills key templates; `stop_at` is the time (by
    `time.monotonic`) by which the script must have ended; `variables` are the platform's own.
    """

    record: Record
    request_id: str
    stop_at: float | None
    grace: float
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Staged:
    """An input in its place: its file, if the record has one, through how many functions it has
    come, when staging began (by `time.monotonic`), the id of its trace, and what it carries for
    joins. One that is empty stands for no file: the script does not run."""

    file: Path | None
    hop: int
    begin: float
    trace_id: str
    joins: str = ""
    is_empty: bool = False


@dataclass(frozen=True)
class Result:
    """What a successful run left: the script's output, and "bucket/key" of each upload."""

    output: Kept
    outputs: tuple[str, ...]


def input_path(record: Record, work: Workspace) -> Path | None:
    """Where the record's file is put, if it has one."""
    if record.payload:
        return work.input / local_name(record.payload.name)
    return work.input / local_name(record.object.key) if record.object else None
