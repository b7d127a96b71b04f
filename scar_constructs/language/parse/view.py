"""Typed access to a mapping whose shape was checked before.

A value that was found wrong reads as absent: its problem is in the report already, and nothing is
built on it.
"""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys.scalars import is_whole
from scar_constructs.language.keys.steering import hides_when_empty
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, Sequence


@dataclass(frozen=True)
class Section:
    """A mapping, with what is known to be wrong in it."""

    node: Mapping
    report: Report

    def find(self, dotted: str) -> Node | None:
        """The node under keys joined by dots, or None where there is no sound one."""
        node = self._nodes.get(dotted)
        if node is None or self.report.has_failed(node.position, node.path):
            return None
        return node

    @cached_property
    def _nodes(self) -> AbstractMapping[str, Node]:
        """All that is below, by its keys joined by dots: a function is asked for a hundred keys,
        and has ten."""
        found: dict[str, Node] = {}
        waiting: list[tuple[str, Mapping]] = [("", self.node)]
        while waiting:
            start, mapping = waiting.pop()
            for key, node in mapping.entries.items():
                # What has a dot in it is no known key, and must not pass for two.
                if "." not in key:
                    found[start + key] = node
                    if type(node) is Mapping:
                        waiting.append((f"{start}{key}.", node))
        return found

    def text(self, dotted: str) -> str | None:
        """The text under the keys; an empty one counts as absent."""
        node = self.find(dotted)
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return node.value
        return None

    def integer(self, dotted: str, default: int) -> int:
        node = self.find(dotted)
        if isinstance(node, Scalar) and is_whole(node.value):
            return int(node.value)
        return default

    def number(self, dotted: str, default: float) -> float:
        node = self.find(dotted)
        if isinstance(node, Scalar) and isinstance(node.value, int | float):
            return node.value
        return default

    def boolean(self, dotted: str) -> bool | None:
        node = self.find(dotted)
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        return None

    def texts(self, dotted: str) -> tuple[str, ...]:
        """The sound texts of a list; empty where there is no list."""
        node = self.find(dotted)
        if not isinstance(node, Sequence):
            return ()
        return tuple(
            item.value
            for item in node.items
            if isinstance(item, Scalar)
            and isinstance(item.value, str)
            and not self.report.has_failed(item.position, item.path)
        )

    def words(self, dotted: str) -> tuple[str, ...] | None:
        """The items of a list as the user wrote them, or None where there is no sound list."""
        node = self.find(dotted)
        if not isinstance(node, Sequence) or self.report.has_failed_under(node.position, node.path):
            return None
        return tuple(item.text for item in node.items if isinstance(item, Scalar))

    def variables(self, dotted: str) -> AbstractMapping[str, str]:
        """Names and values; numbers and truth values as the user wrote them."""
        node = self.find(dotted)
        if not isinstance(node, Mapping):
            return MappingProxyType({})
        return MappingProxyType(
            {
                name: value.text
                for name, value in node.items()
                if isinstance(value, Scalar) and value.value is not None
            }
        )

    def environment(self, dotted: str) -> AbstractMapping[str, str]:
        """Variables of a process, without those that would only hide something."""
        found = self.variables(dotted)
        return MappingProxyType(
            {name: text for name, text in found.items() if text or not hides_when_empty(name)}
        )

    def sections(self, dotted: str) -> tuple[Section, ...]:
        """The mappings of a list."""
        node = self.find(dotted)
        if not isinstance(node, Sequence):
            return ()
        return tuple(Section(item, self.report) for item in node.items if isinstance(item, Mapping))


def merge(base: Mapping, over: Mapping) -> Mapping:
    """`over` with what only `base` has. Mappings are merged, lists and values replaced."""
    entries = dict(over.entries)
    positions = dict(over.key_positions)
    for key, node in base.items():
        mine = entries.get(key)
        if mine is None:
            entries[key] = node
            positions[key] = base.position_of(key)
        elif isinstance(mine, Mapping) and isinstance(node, Mapping):
            entries[key] = merge(node, mine)
    return Mapping(over.path, over.position, entries, positions)
