"""The exception with which files are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from scar_constructs.errors import UserError
from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.diagnostics.rendering import render


class FdlError(UserError):
    """The files cannot be used; `problems` says why, all of it, errors and warnings sorted.

    As text, it is what a user should read.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(len(self.problems))

    def __str__(self) -> str:
        return render(self.problems)

    def shown_on(self, stream: TextIO) -> str:
        return render(self.problems, stream)
