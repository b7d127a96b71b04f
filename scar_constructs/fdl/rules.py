"""The rules: each with a stable name, which users may write into their tools and never changes."""

from __future__ import annotations

from scar_constructs.fdl.errors import Position, Problem, Severity
from scar_constructs.fdl.nodes import Node, show

WARNINGS = frozenset(
    {
        "ignored-key",
        "changed-key",
        "script-no-shebang",
        "script-shebang-ignored",
        "suffix-never-written",
        "unused-bucket-settings",
    }
)
"""Rules whose breach is told but does not stop the run."""


def problem(rule: str, path: str, position: Position, message: str, got: str, fix: str) -> Problem:
    """A breach of the rule at a place."""
    return Problem(
        path=path,
        rule=rule,
        severity=Severity.WARNING if rule in WARNINGS else Severity.ERROR,
        message=message,
        got=got,
        fix=fix,
        file=position.file,
        line=position.line,
        column=position.column,
        length=position.length,
    )


def fault(rule: str, node: Node, message: str, fix: str) -> Problem:
    """A breach of the rule by the value of a node."""
    return problem(rule, node.path, node.position, message, show(node), fix)
