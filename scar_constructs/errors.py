"""What is a fault of the user's: the base of every error that a command ends with in one text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from scar_constructs.terminal import visible_lines


class UserError(Exception):
    """A fault that the caller of a command can mend. As text it says what is wrong and what to do;
    commands print it without a trace and exit with 1."""

    def shown_on(self, stream: TextIO) -> str:  # noqa: ARG002 - for errors with colours
        """The text as it is written to the stream."""
        return visible_lines(str(self))


@contextmanager
def file_faults_told() -> Iterator[None]:
    """Raise as `UserError`, in one line, that a file of this machine cannot be read or written."""
    try:
        yield
    except OSError as fault:
        if fault.filename is None:  # a closed pipe, or a fault of ours
            raise
        raise UserError(f"{fault.filename}: {fault.strerror}") from fault
