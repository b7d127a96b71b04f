"""Problems as data, and what collects them.

A `Problem` says where (YAML path, file, line, column), which rule, what was wrong, what was got
and what to do. How it looks on a screen is the business of `rendering`,
and `refusal` has the exception that carries problems to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MAX_PROBLEMS = 1_000
"""More are not gathered: nobody reads them, and a file made to hurt has millions."""


class Severity(StrEnum):
    """An error stops everything; a warning is printed and the work goes on."""

    ERROR = "error"
    WARNING = "warning"


class Position(NamedTuple):
    """A place in a file. Lines and columns start at 1; `length` is how much to underline."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the user's files, or one thing the user should know.

    `got` is empty when nothing was given; `fix` is an order ("write ..."), never empty.
    """

    path: str
    rule: str
    severity: Severity
    message: str
    got: str
    fix: str
    file: str
    line: int
    column: int
    length: int = 1

    @property
    def code(self) -> str:
        """The stable name of the rule."""
        return self.rule

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.file, self.line, self.column, self.rule, self.message)


class TooManyProblemsError(Exception):
    """The files have so many problems that looking for more helps nobody."""


@dataclass
class Report:
    """Gathers the problems of one run; the stages add, the loader asks at the end.

    `is_untrusted`: the files are somebody else's, and nothing may be read that they have not
    brought along.
    """

    is_untrusted: bool = False
    _problems: dict[Problem, None] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _of_rule: dict[str, list[Problem]] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Keep the problem, once. Raises TooManyProblemsError when there are enough for a day."""
        if problem not in self._problems:
            self._of_rule.setdefault(problem.rule, []).append(problem)
        self._problems[problem] = None
        if problem.severity is Severity.ERROR:
            self._failed.add(f"{problem.file}\0{problem.path}")
        if len(self._problems) >= MAX_PROBLEMS:
            raise TooManyProblemsError

    def has_failed(self, position: Position, path: str) -> bool:
        """Whether the value at this path was found wrong, so that nobody builds on it."""
        return f"{position.file}\0{path}" in self._failed

    def of_rule(self, rule: str) -> Sequence[Problem]:
        """The problems of one rule, in the order in which they were found."""
        return self._of_rule.get(rule, ())

    def has_failed_under(self, position: Position, path: str) -> bool:
        """Whether the value at this path, or anything inside it, was found wrong."""
        start = f"{position.file}\0{path}"
        inside = (f"{start}.", f"{start}[")
        return any(failed == start or failed.startswith(inside) for failed in self._failed)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, sorted by file, line and column."""
        return tuple(sorted(self._problems, key=lambda problem: problem.sort_key))

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity is Severity.WARNING)
