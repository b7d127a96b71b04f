"""Faults that are somebody's to mend: the user's, the platform's, the event sender's.

ScarError
  ConfigError          the function's configuration cannot be used
  EventError           the event cannot be understood
    MismatchError      the event says of itself that it is another one
  StorageError         an object cannot be read or written
    AbsentError        the object is not there
    SupersededError    the object was replaced since the event was sent
      NoFileError      the object stands for no file, and is for another function
    DiskFullError      the work folder has no room left
    LostClaimError     another holder has taken the claim over (claims)
  SubmitError          a job could not be submitted (batch)
  ScriptError          the script ended with a code other than 0
  OutOfTimeError       the time for this record is used up
  TerminatedError      the platform asked the process to end
  LoopError            the file has come through too many functions
  BusyError            another delivery works on the record
  RecordsError         several records of one event failed
  DefectError          the runtime itself is at fault

Any other exception is a defect of the runtime, and becomes a `DefectError` at the edge of a record.
"""

from __future__ import annotations


class ScarError(Exception):
    """Base of all faults; `exit_code` is what a job ends with."""

    exit_code = 1


class ConfigError(ScarError):
    """The function's configuration cannot be used."""

    exit_code = 2


class EventError(ScarError):
    """The event cannot be understood."""

    exit_code = 2


class MismatchError(EventError):
    """An event has the identity of another one, with another content. To take it for a duplicate
    would lose it in silence."""


class StorageError(ScarError):
    """An object cannot be read or written."""


class AbsentError(StorageError):
    """The object is not there, or may not be read: S3 tells the two apart to nobody."""


class SupersededError(StorageError):
    """The object was replaced since the event was sent; the new one has an event of its own."""


class NoFileError(SupersededError):
    """The object stands for no file, and tells that to another function."""


class DiskFullError(StorageError):
    """The work folder has no room left."""


class ScriptError(ScarError):
    """The script ended with a code other than 0."""

    def __init__(self, function: str, exit_code: int, reason: str, last_output: str) -> None:
        super().__init__(with_output(f"function {function}: {reason}", last_output))
        self.exit_code = exit_code


class OutOfTimeError(ScarError):
    """The time for this record is used up."""


class TerminatedError(ScarError):
    """The platform asked the process to end (SIGTERM)."""

    exit_code = 128 + 15


class LoopError(ScarError):
    """The file has come through too many functions."""


class BusyError(ScarError):
    """Another delivery works on the record, and may still fail."""


class RecordsError(ScarError):
    """Several records of one event failed."""


class DefectError(ScarError):
    """The runtime itself is at fault. Who gets this one gets no trace, which stands in the log."""

    exit_code = 70  # EX_SOFTWARE of sysexits.h


def with_output(text: str, last_output: str) -> str:
    """What a person has to know of a script that did not succeed."""
    return f"{text}; its last output:\n{last_output}" if last_output else text
