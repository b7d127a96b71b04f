"""How problems look: as plain lines, for people and logs."""

from __future__ import annotations

from collections.abc import Iterable

from scar_constructs.fdl.errors import Problem


def render(problems: Iterable[Problem]) -> str:
    """One line a problem: `path: rule, got value; fix (file:line:column) [code]`."""
    return "\n".join(render_line(problem) for problem in problems)


def render_line(problem: Problem) -> str:
    """The problem as one line."""
    where = f"{problem.path}: " if problem.path else ""
    got = f", got {problem.got}" if problem.got else ""
    place = f"{problem.file}:{problem.line}:{problem.column}"
    severity = problem.severity.value
    return f"{severity}: {where}{problem.message}{got}; {problem.fix} ({place}) [{problem.rule}]"
