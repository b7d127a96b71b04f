"""Keys that the language knows and the constructs do not act on yet.

This table is the only place that holds them back: the keys are parsed and checked like all others,
and an entry that is removed here switches its key on. Nothing is dropped in silence meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scar_constructs.fdl.nodes import Mapping, Node, Sequence
from scar_constructs.fdl.rules import fault
from scar_constructs.fdl.section import Section


@dataclass(frozen=True)
class Pending:
    """A key by its place in the FDL dialect; with the `harmless` value it asks for nothing."""

    path: str
    instead: str
    harmless: str = ""


PENDING = (Pending("batch.type", "write MANAGED", harmless="MANAGED"),)


def pending_nodes(section: Section) -> Iterator[tuple[Node, Pending]]:
    """The values of a function that ask for something which is not built yet."""
    for pending in PENDING:
        node = section.find(pending.path)
        if node is not None and _asks(node, pending.harmless):
            yield node, pending


def check_pending(section: Section) -> None:
    """Add a problem for each of them, unless the value is wrong anyhow."""
    for node, pending in pending_nodes(section):
        if not section.report.has_failed_under(node.position, node.path):
            message = "is not supported yet"
            section.report.add(fault("not-supported-yet", node, message, pending.instead))


def _asks(node: Node, harmless: str) -> bool:
    """Whether the value wants anything; false, empty and the harmless value do not."""
    if isinstance(node, Mapping):
        return bool(node.entries)
    if isinstance(node, Sequence):
        return any(_asks(item, harmless) for item in node.items)
    if harmless:
        return node.text != harmless
    return node.value not in (None, False, "")
