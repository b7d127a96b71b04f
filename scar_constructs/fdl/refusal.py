"""The exception with which files are refused."""

from __future__ import annotations

from collections.abc import Iterable

from scar_constructs.fdl.errors import Problem
from scar_constructs.fdl.rendering import render


class FdlError(Exception):
    """The files cannot be used; `problems` says why, all of it, errors and warnings sorted.

    As text, it is what a user should read.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(len(self.problems))

    def __str__(self) -> str:
        return render(self.problems)
