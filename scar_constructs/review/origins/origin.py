"""One kind of resource: why there is such a one, and of which keys it comes.

Paths are those of constructs below the stack; `*` is one name. Keys are places in the FDL dialect:
of a function (`lambda.memory`), of a file (`buckets`), and a block stands for all that is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Owner(StrEnum):
    """Whose keys are meant, and whom the resource serves."""

    FUNCTION = "function"
    """The function whose name is in the path."""
    JOBS = "jobs"
    """The functions whose jobs use these machines."""
    BUCKET = "bucket"
    """The functions that use the bucket whose name is in the path."""
    STACK = "stack"
    """All functions of the stack."""


@dataclass(frozen=True)
class Origin:
    """One kind of resource. `keys`: those that make it, or make it what it is."""

    path: str
    owner: Owner
    reason: str
    keys: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """With one group for each `*`."""
        return re.compile(re.escape(self.path).replace(r"\*", "([^/]*)"))
