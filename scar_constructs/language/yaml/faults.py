"""Making problems out of breached rules."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue import RULES
from scar_constructs.language.diagnostics.problems import Position, Problem
from scar_constructs.language.yaml.tree import Node, show


def problem(rule: str, path: str, position: Position, message: str, got: str, fix: str) -> Problem:
    """A breach, at a place, of a rule of the catalogue."""
    return Problem(
        path=path,
        rule=rule,
        severity=RULES[rule].severity,
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
