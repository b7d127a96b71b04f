"""Defaults from a file: SCAR's own scar.cfg (JSON, which is YAML too), or YAML of the same form.

scar.cfg holds every setting that SCAR ever had. Those without a meaning are told in one warning,
not in thirty, for nobody wrote them by hand.
"""

from __future__ import annotations

from pathlib import Path

from scar_constructs.language.diagnostics.problems import Position, Problem, Report
from scar_constructs.language.keys.dialects import DEFAULTS
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.literal_text import check_texts
from scar_constructs.language.yaml.read import read_file
from scar_constructs.language.yaml.tree import Mapping, child_path

AWS = "aws"
OTHERS = ("scar", "oscar")
"""Blocks of scar.cfg that say nothing of functions on AWS."""


def read_defaults(path: Path, report: Report) -> Mapping | None:
    """The values under the functions of all files, or None after a problem was added.

    The blocks (`lambda`, `batch`, ...) stand under `aws`, as in scar.cfg, or at the top.
    """
    root = read_file(path, report)
    if root is None:
        return None
    check_texts(root, report)
    blocks = _blocks(root, report)
    if blocks is None:
        return None
    inside = Report()
    DEFAULTS.check(blocks, inside)
    ignored = []
    for found in inside.problems:
        if found.rule == "ignored-key":
            ignored.append(found)
        else:
            report.add(found)
    if ignored:
        report.add(_summary(ignored))
    return blocks


def _blocks(root: Mapping, report: Report) -> Mapping | None:
    """The mapping that holds the blocks."""
    if AWS not in root.entries:
        return root
    for name in root.entries:
        if name != AWS and name not in OTHERS:
            path = child_path("", name)
            fix = f"write it under `{AWS}`"
            message = "is not a known key"
            at = root.position_of(name)
            report.add(problem("unknown-key", path, at, message, "", fix))
    blocks = root.entries[AWS]
    if not isinstance(blocks, Mapping):
        fix = "write `lambda:` and other blocks under it"
        report.add(fault("wrong-type", blocks, "must be a mapping", fix))
        return None
    return blocks


def _summary(ignored: list[Problem]) -> Problem:
    names = ", ".join(f"`{one.path.removeprefix(AWS + '.')}`" for one in ignored)
    first = ignored[0]
    message = f"these keys have no meaning any more: {names}"
    position = Position(first.file, first.line, first.column)
    return problem("ignored-key", "", position, message, "", "leave them, or remove them")
