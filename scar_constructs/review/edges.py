"""How files flow: which folders functions read and write, who may call them, and who feeds whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from scar_constructs.language.workflow.key_patterns import can_trigger
from scar_constructs.model import OWN, ApiAuth, Function, Input, Output
from scar_constructs.review.functions import Change, Pair
from scar_constructs.review.sides import FunctionView, Place, Side

CALLERS = {
    ApiAuth.IAM: "callers with rights in IAM",
    ApiAuth.API_KEY: "callers with the API's key",
    ApiAuth.NONE: "anyone on the internet",
}


@dataclass(frozen=True)
class EdgeChange:
    """An arrow of the workflow. `text` says it in words, after the function's name."""

    change: Change
    function: str
    text: str
    at: Place


@dataclass(frozen=True)
class _Edge:
    about: str
    at: Place


def edge_changes(found: tuple[Pair, ...], before: Side, after: Side) -> Iterator[EdgeChange]:
    """The arrows that came, went, or let other files through; then who feeds whom."""
    for pair in found:
        old = _edges(pair.before) if pair.before else {}
        new = _edges(pair.after) if pair.after else {}
        name = (pair.after or pair.before or _never()).function.name
        for arrow in dict.fromkeys((*new, *old)):
            yield from _changed(name, arrow, old.get(arrow), new.get(arrow))
    yield from _feeding(found, before, after)


def _never() -> FunctionView:
    raise ValueError("a pair of nothing")


def _changed(name: str, arrow: str, old: _Edge | None, new: _Edge | None) -> Iterator[EdgeChange]:
    if old is None and new is not None:
        yield EdgeChange(Change.ADDED, name, _said(arrow, new.about), new.at)
    elif new is None and old is not None:
        yield EdgeChange(Change.REMOVED, name, _said(arrow, old.about), old.at)
    elif old and new and old.about != new.about:
        text = f"{arrow}: {old.about or 'all files'} -> {new.about or 'all files'}"
        yield EdgeChange(Change.CHANGED, name, text, new.at)


def _said(arrow: str, about: str) -> str:
    return f"{arrow} ({about})" if about else arrow


def _edges(view: FunctionView) -> dict[str, _Edge]:
    """Arrow in words -> what it lets through. A retired function is started by nobody."""
    function = view.function
    found: dict[str, list[_Edge]] = {}
    verb = "finishes what came from" if function.retired else "is started by files in"
    for source, at in zip(function.inputs, view.inputs_at, strict=True):
        about = ", ".join(filter(None, (_filters(source), _joined(source))))
        found.setdefault(f"{verb} {folder(source)}", []).append(_Edge(about, at))
    for target, at in zip(function.outputs, view.outputs_at, strict=True):
        about = ", ".join(filter(None, (_filters(target), _keys(target))))
        found.setdefault(f"writes to {folder(target)}", []).append(_Edge(about, at))
    if function.api is not None:
        callers = CALLERS[function.api.auth]
        method, stage = function.api.method, function.api.stage
        about = f"{'HTTPS' if method == 'ANY' else method} /{stage}/launch"
        found[f"is called by {callers}"] = [_Edge(about, view.at)]
    return {
        arrow: _Edge("; ".join(sorted(one.about for one in edges if one.about)), edges[0].at)
        for arrow, edges in found.items()
    }


def folder(place: Input | Output) -> str:
    """A folder as people write it."""
    path = f"{place.bucket}/{place.folder}" if place.folder else place.bucket
    return f"s3://{path}" if place.provider == OWN else f"{place.provider}:{path}"


def _filters(place: Input | Output) -> str:
    """Names of files that pass."""
    starts = "|".join(place.prefixes)
    ends = "|".join(place.suffixes)
    return f"{starts}*{ends}" if starts or ends else ""


def _joined(source: Input) -> str:
    """Once for which files it starts the function, if not for each."""
    if source.join is None:
        return ""
    said = {name: value for name, value in asdict(source.join).items() if value}
    return f"joined by {json.dumps(said)}"


def _keys(target: Output) -> str:
    return f"as {target.key}" if target.key != "{name}" else ""


def _feeding(found: tuple[Pair, ...], before: Side, after: Side) -> Iterator[EdgeChange]:
    """Of functions that are in both versions: other changes show it already."""
    names = {one.old.name: one.new.name for one in found if one.before and one.after}
    old = {
        (names[writer], names[reader])
        for writer, reader in _feeds(before)
        if writer in names and reader in names
    }
    new = _feeds(after)
    known = set(names.values())
    for writer, reader in sorted(old ^ {one for one in new if known.issuperset(one)}):
        change = Change.ADDED if (writer, reader) in new else Change.REMOVED
        yield EdgeChange(change, writer, f"feeds {reader}", after.functions[reader].at)


def _feeds(version: Side) -> set[tuple[str, str]]:
    """Who writes what starts whom."""
    readers: dict[tuple[str, str], list[tuple[Function, Input]]] = {}
    functions: Mapping[str, FunctionView] = version.functions
    for view in functions.values():
        for source in () if view.function.retired else view.function.inputs:
            readers.setdefault(view.function.place(source), []).append((view.function, source))
    return {
        (view.function.name, reader.name)
        for view in functions.values()
        for target in view.function.outputs
        for reader, source in readers.get(view.function.place(target), ())
        if can_trigger(target, source)
    }
