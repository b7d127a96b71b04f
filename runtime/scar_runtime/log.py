"""Structured log lines: one JSON object a line, told from the script's own output by key "scar".

The key comes first, and no line of a script begins so: see `passage`.

The value of "scar" is the kind of line: "log" for messages, "execution" for the result of one
event record, which is the last line of that record.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from scar_runtime.memory import peak_mib

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
REASON_LETTERS = 4000
SHOWN_OUTPUTS = 200
SHOWN_BYTES = 128 * 1024
"""Of the outputs' keys in an execution line. CloudWatch breaks lines at 256 KB, and a broken one is
nobody's: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""


@dataclass(frozen=True)
class Execution:
    """What became of one event record. `seconds` is wall time; `outputs` are "bucket/key"; `reason`
    is why it failed, with the last lines of the script's output."""

    function: str
    service: str
    request_id: str
    input: str | None
    status: str
    exit_code: int
    seconds: float
    outputs: Sequence[str] = ()
    job_id: str | None = None
    reason: str | None = None


class Log:
    """Writes whole lines to a file descriptor, so that lines of the script never mix in."""

    def __init__(self, function: str, level: str = "INFO", descriptor: int = 1) -> None:
        self._function = function
        self._threshold = LEVELS[level]
        self._descriptor = descriptor
        self.trace_id: str | None = None
        """The trace of the record that is being handled, once it is known."""

    def debug(self, message: str, **facts: object) -> None:
        self._message("DEBUG", message, facts)

    def info(self, message: str, **facts: object) -> None:
        self._message("INFO", message, facts)

    def warning(self, message: str, **facts: object) -> None:
        self._message("WARNING", message, facts)

    def error(self, message: str, **facts: object) -> None:
        self._message("ERROR", message, facts)

    def execution(self, done: Execution) -> None:
        """Write the result of a record; it is written whatever the level."""
        line = dict(vars(done))
        line["seconds"] = round(done.seconds, 3)
        if done.reason:
            line["reason"] = done.reason[:REASON_LETTERS]
        line["outputs"] = shown = _shown(done.outputs)
        if len(done.outputs) > len(shown):
            line["output_count"] = len(done.outputs)
        line["peak_mib"] = peak_mib()
        self._write({"scar": "execution", **line})

    def _message(self, level: str, message: str, facts: dict[str, object]) -> None:
        if LEVELS[level] >= self._threshold:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            line = {"scar": "log", "time": stamp, "level": level, "function": self._function}
            self._write({**line, "message": message, **facts})

    def _write(self, line: dict[str, object]) -> None:
        # Lambda's client renews the variable for each invocation.
        if trace := os.environ.get("_X_AMZN_TRACE_ID"):
            line["trace"] = trace
        if self.trace_id:
            line["trace_id"] = self.trace_id
        write_all(self._descriptor, json.dumps(line).encode("ascii") + b"\n")


def _shown(outputs: Sequence[str]) -> list[str]:
    """The first outputs, as many as one line can hold."""
    shown, room = [], SHOWN_BYTES
    for output in outputs[:SHOWN_OUTPUTS]:
        room -= len(json.dumps(output))
        if room < 0:
            break
        shown.append(output)
    return shown


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: `os.write` may take only a part of what a pipe has no room for."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
