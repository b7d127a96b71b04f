"""Text that would not stay text on its way to AWS, refused wherever it stands in a file.

CloudFormation resolves dynamic references in any string of a template, with the rights of the
deployment, and knows no way to escape one; the CDK takes its own marks in a string for values of
its own; and no variable, argument or path can hold a NUL. So the whole file is searched, keys that
the user names included: which of its texts reach a template changes with every feature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Position, Report
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, child_path


@dataclass(frozen=True)
class _Mark:
    """What must not stand in a text, and what to do about it."""

    rule: str
    message: str
    fix: str


_MARKS = {
    "reference": _Mark(
        "dynamic-reference",
        "must not hold a dynamic reference: CloudFormation would put the secret's value in its "
        "place, in the clear",
        "name the secret's ARN under `secrets`, or write the text without `{{resolve:`",
    ),
    "token": _Mark(
        "cdk-token",
        "must not hold a mark of the CDK's own, which it would replace",
        "write the text without `Token[`",
    ),
    "pseudo": _Mark(
        "pseudo-parameter",
        "must not hold a pseudo parameter of CloudFormation, which nothing here would fill in",
        "write the value itself; a script has the region as $AWS_REGION",
    ),
    "nul": _Mark(
        "nul-character",
        "must not hold the character NUL, which ends a text for the system",
        "remove it",
    ),
}
_ANY_MARK = re.compile(
    r"(?P<reference>\{\{\s*resolve\s*(?::|\Z))|(?P<token>[$#]\{Token\[)|(?P<pseudo>\$\{AWS::)"
    r"|(?P<nul>\0)",
    re.IGNORECASE,
)


def check_texts(root: Mapping, report: Report) -> None:
    """Add a problem for each text under `root`, values and keys, that would not stay as it is."""
    seen: set[int] = set()
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        # An alias leads to a node again, at the same place.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            if _may_be_marked(node.text):
                _check(node.text, node.path, node.position, report)
        elif isinstance(node, Mapping):
            for name in filter(_may_be_marked, node.entries):
                _check(name, child_path(node.path, name), node.position_of(name), report)
            waiting.extend(node.entries.values())
        else:
            waiting.extend(node.items)


def _may_be_marked(text: str) -> bool:
    """Quickly: most texts have none of the letters that each mark has."""
    return "{" in text or "\0" in text


def _check(text: str, path: str, position: Position, report: Report) -> None:
    """The text itself is not shown: a credential may stand beside the mark."""
    for found in _ANY_MARK.finditer(text):
        mark = _MARKS[str(found.lastgroup)]
        report.add(problem(mark.rule, path, position, mark.message, "", mark.fix))
