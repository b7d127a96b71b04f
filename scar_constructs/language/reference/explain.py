"""What becomes of every key of a file: kept, changed, ignored or refused, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from scar_constructs.language.diagnostics.problems import Position
from scar_constructs.language.keys.containers import Group, Key, ListOf, MapOf
from scar_constructs.language.keys.dialects import (
    CLASSIC_FUNCTION,
    FDL_FUNCTION,
    FDL_KEY,
    OSCAR_KEY,
    TOP,
)
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.language.yaml.tree import Mapping, Node, Sequence, child_path
from scar_constructs.terminal import visible


class Verdict(StrEnum):
    """What becomes of a key."""

    KEPT = "kept"
    CHANGED = "changed"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True)
class Fate:
    """One key of a file and what becomes of it; `reason` is empty for a key that is kept."""

    path: str
    position: Position
    verdict: Verdict
    reason: str = ""


def explain(root: Mapping) -> list[Fate]:
    """The fate of each key that the language names, in the order of the file.

    Names that the user chose (of functions, variables, buckets) are no keys of the language.
    """
    return sorted(_fates_of_top(root), key=lambda fate: fate.position)


def render_explanation(fates: list[Fate]) -> str:
    """One line a key, in columns."""
    rows = [
        (f"{fate.position.file}:{fate.position.line}:{fate.position.column}", fate)
        for fate in fates
    ]
    places = max((len(place) for place, _ in rows), default=0)
    paths = max((len(fate.path) for fate in fates), default=0)
    lines = []
    for place, fate in rows:
        reason = f": {fate.reason}" if fate.reason else ""
        line = f"{place:<{places}}  {fate.path:<{paths}}  {fate.verdict.value}{reason}"
        lines.append(visible(line))
    return "\n".join(lines)


def _fates_of_top(root: Mapping) -> Iterator[Fate]:
    for name, node in root.items():
        key = TOP.keys.get(name)
        if name == "functions" and isinstance(node, Mapping):
            yield Fate(name, root.position_of(name), Verdict.KEPT)
            yield from _fates_of_functions(node)
        else:
            yield from _fates_of_key(root, name, node, key)


def _fates_of_functions(functions: Mapping) -> Iterator[Fate]:
    for name, node in functions.items():
        at = functions.position_of(name)
        if name == OSCAR_KEY:
            reason = "OSCAR services run on an OSCAR cluster; those under `aws` work as they are"
            yield Fate(node.path, at, Verdict.REFUSED, reason)
        elif name == FDL_KEY and isinstance(node, Sequence):
            yield Fate(node.path, at, Verdict.KEPT)
            for item in node.items:
                yield from _fates(item, FDL_FUNCTION)
        else:
            yield from _fates(node, CLASSIC_FUNCTION)


def _fates_of_key(parent: Mapping, name: str, node: Node, key: Key | None) -> Iterator[Fate]:
    path, at = child_path(parent.path, name), parent.position_of(name)
    if key is None:
        yield Fate(path, at, Verdict.REFUSED, "not a key of the language")
    elif key.refused:
        yield Fate(path, at, Verdict.REFUSED, key.refused)
    elif key.ignored:
        yield Fate(path, at, Verdict.IGNORED, key.ignored)
    else:
        verdict = Verdict.CHANGED if key.changed else Verdict.KEPT
        yield Fate(path, at, verdict, key.changed)
        yield from _fates(node, key.shape)


def _fates(node: Node, shape: Shape) -> Iterator[Fate]:
    """The fates of the keys inside a value."""
    if isinstance(shape, Group) and isinstance(node, Mapping):
        for name, value in node.items():
            yield from _fates_of_key(node, name, value, shape.keys.get(name))
    elif isinstance(shape, ListOf) and isinstance(node, Sequence):
        for item in node.items:
            yield from _fates(item, shape.item)
    elif isinstance(shape, MapOf) and isinstance(node, Mapping):
        for value in node.entries.values():
            yield from _fates(value, shape.value)
