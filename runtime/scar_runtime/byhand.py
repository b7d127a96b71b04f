"""The runtime outside Lambda and Batch: one event, no claims, the script on this machine."""

from __future__ import annotations

import functools
import signal
from typing import Any

from scar_runtime.attempt import Outcome, found, reported, run
from scar_runtime.errors import OutOfTimeError
from scar_runtime.events import Record, parse
from scar_runtime.events.filters import wanted
from scar_runtime.identifiers import unique
from scar_runtime.runtime import Runtime
from scar_runtime.task import GRACE_SECONDS, Task

SERVICE = "local"


def run_event(runtime: Runtime, event: Any) -> int:
    """Run the script for each record; gives the code of the first that fails, else 0."""
    # The script has a session of its own: a terminal that is closed is not told to it.
    runtime.terminator.install(signal.SIGHUP)
    runtime.terminator.install_interrupt()
    first_id = unique()
    codes = []
    entries = found(lambda: wanted(parse(event), runtime.config.inputs))
    for number, entry in enumerate(entries, start=1):
        request_id = first_id if number == 1 else f"{first_id}-{number}"
        attempt = functools.partial(_attempt, runtime, request_id)
        codes.append(reported(runtime, SERVICE, entry, request_id, attempt).exit_code)
    return next((code for code in codes if code), 0)


def _attempt(runtime: Runtime, request_id: str, record: Record) -> Outcome:
    task = Task(record, request_id, None, GRACE_SECONDS, {"AWS_LAMBDA_REQUEST_ID": request_id})
    return run(runtime, task, None, _raise)


def _raise(fault: OutOfTimeError) -> Outcome:
    raise fault
