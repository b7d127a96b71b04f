"""Two versions of a workflow in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from scar_constructs.review.picture.graph import Edge, Frame, Graph, Mark, Node

_Part = TypeVar("_Part", Frame, Node, Edge)


def compared(before: Graph, after: Graph) -> Graph:
    """All that is in either, marked with what became of it. A frame is not changed by what is in
    it. Only what the picture shows is compared: a new script, for one, leaves no mark."""
    return Graph(
        frames=_union(before.frames, after.frames),
        nodes=_union(before.nodes, after.nodes),
        edges=_union(before.edges, after.edges),
    )


def _union(before: Sequence[_Part], after: Sequence[_Part]) -> tuple[_Part, ...]:
    old: dict[str, _Part] = {part.id: part for part in before}
    new: dict[str, _Part] = {part.id: part for part in after}
    found: list[_Part] = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(replace(old[name], mark=Mark.REMOVED))
        elif name not in old:
            found.append(replace(new[name], mark=Mark.ADDED))
        else:
            same = replace(old[name], mark=None) == replace(new[name], mark=None)
            found.append(replace(new[name], mark=None if same else Mark.CHANGED))
    return tuple(found)
