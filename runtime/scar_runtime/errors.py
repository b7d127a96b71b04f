"""Faults that are somebody's to mend: the user's, the platform's, the event sender's.

ScarError
  ConfigFault      the function's configuration cannot be used
  EventFault       the event cannot be understood
  StorageFault     an object cannot be read or written
    Superseded     the object was replaced since the event was sent
    DiskFull       the work folder has no room left
  ScriptFailed     the script ended with a code other than 0
  OutOfTime        the time for this record is used up
  Terminated       the platform asked the process to end
  Looping          the file has come through too many functions
  RecordsFailed    several records of one event failed

Any other exception is a defect of the runtime.
"""

from __future__ import annotations


class ScarError(Exception):
    """Base of all faults; `exit_code` is what a job ends with."""

    exit_code = 1


class ConfigFault(ScarError):
    """The function's configuration cannot be used."""

    exit_code = 2


class EventFault(ScarError):
    """The event cannot be understood."""

    exit_code = 2


class StorageFault(ScarError):
    """An object cannot be read or written."""


class Superseded(StorageFault):
    """The object was replaced since the event was sent; the new one has an event of its own."""


class DiskFull(StorageFault):
    """The work folder has no room left."""


class ScriptFailed(ScarError):
    """The script ended with a code other than 0."""

    def __init__(self, function: str, exit_code: int, reason: str, last_output: str) -> None:
        text = f"function {function}: {reason}"
        if last_output:
            text += f"; its last output:\n{last_output}"
        super().__init__(text)
        self.exit_code = exit_code


class OutOfTime(ScarError):
    """The time for this record is used up."""


class Terminated(ScarError):
    """The platform asked the process to end (SIGTERM)."""

    exit_code = 128 + 15


class Looping(ScarError):
    """The file has come through too many functions."""


class RecordsFailed(ScarError):
    """Several records of one event failed."""
