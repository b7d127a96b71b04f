"""What the reader makes of YAML text: a tree that remembers where everything stood.

Nodes may be shared (YAML aliases, merged defaults), so nothing may walk the tree without a bound;
the reader has made sure that even the expanded tree is small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from scar_constructs.language.diagnostics.problems import Position
from scar_constructs.terminal import quote, shorten

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: as the user wrote it (`text`) and as YAML understands it (`value`)."""

    path: str
    position: Position
    text: str
    value: Plain


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    path: str
    position: Position
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file. Keys are text, whatever YAML made of them."""

    path: str
    position: Position
    entries: dict[str, Node]
    key_positions: dict[str, Position] = field(default_factory=dict)

    def find(self, dotted: str) -> Node | None:
        """The node under keys joined by dots, such as `container.image`, or None."""
        node: Node | None = self
        for key in _keys(dotted):
            if type(node) is not Mapping:
                return None
            node = node.entries.get(key)
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        return iter(self.entries.items())

    def position_of(self, key: str) -> Position:
        """Where the key stands; where the mapping starts if it has no such key."""
        return self.key_positions.get(key, self.position)


Node = Scalar | Sequence | Mapping


@lru_cache(maxsize=1_024)
def _keys(dotted: str) -> tuple[str, ...]:
    """The parts of a place; the same few are asked of every function."""
    return tuple(dotted.split("."))


_PLAIN_KEY = re.compile(r"[^.\[\]\"' \t\n:]+\Z")


def child_path(parent: str, key: str) -> str:
    """The YAML path of a key: `a.b`, or `a["x y"]` where the key could be misread."""
    if _PLAIN_KEY.match(key):
        return f"{parent}.{key}" if parent else key
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{parent}["{quoted}"]'


def item_path(parent: str, index: int) -> str:
    """The YAML path of an item of a list."""
    return f"{parent}[{index}]"


def show(node: Node) -> str:
    """The value as a short text for an error message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return shorten(node.text) if not isinstance(node.value, str) else quote(node.text)
