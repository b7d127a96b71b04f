"""One thing that goes with a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    LOST = "lost"
    """Something is gone that may be wanted."""
    REFUSED = "refused"
    """The deployment fails, and changes nothing."""
    NOTE = "note"
    """Nothing is lost, but something is to be done or to be known."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """`subject`: the function, bucket or stack; `what` happens to it and `why`; `instead`: the safe
    way, if there is one."""

    severity: Severity
    subject: str
    what: str
    why: str
    instead: str = ""

    @property
    def is_danger(self) -> bool:
        return self.severity is not Severity.NOTE
