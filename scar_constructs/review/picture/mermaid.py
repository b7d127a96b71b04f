"""The picture as Mermaid text, which GitHub, GitLab and editors draw by themselves.

No `direction` in a subgraph: Mermaid ignores it there as soon as an arrow leads out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scar_constructs.review.picture.boxes import QUEUE_TEXT
from scar_constructs.review.picture.graph import SYMBOLS, Edge, Graph, Kind, Mark, Node
from scar_constructs.review.picture.style import LIGHT
from scar_constructs.terminal import visible

_SHAPES = {
    Kind.FUNCTION: ("(", ")"),
    Kind.FOLDER: ("[(", ")]"),
    Kind.ELSEWHERE: ("[/", "/]"),
    Kind.ENDPOINT: ("([", "])"),
}
_FILLS = {
    Kind.FUNCTION: ("card", "card-line"),
    Kind.FOLDER: ("store", "store-line"),
    Kind.ELSEWHERE: ("away", "away-line"),
    Kind.ENDPOINT: ("call", "call-line"),
}
# All else is written as a number; and `-` and `.` before a space, which would begin a list.
_UNSAFE = re.compile(r"[^\w /:.,()·…−-]|[.-](?= )")  # noqa: RUF001 - a minus
# Mermaid takes a semicolon away from lines that look like a style to it.
_STYLED = re.compile(r"style|classdef", re.IGNORECASE)


def label(text: str) -> str:
    """A text in quotes: nothing in it ends the quotes, or is taken for markup."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    safe = _UNSAFE.sub(lambda found: f"#{ord(found[0])};", visible(text))
    return _STYLED.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", safe)


def _lines(*texts: str) -> str:
    return f'"{"<br>".join(_escaped(text) for text in texts if text)}"'


def mermaid(graph: Graph) -> str:
    """A flowchart from left to right."""
    names = {node.id: f"n{at}" for at, node in enumerate(graph.nodes)}
    lines = ["flowchart LR", *_frames(graph, names)]
    frames = {frame.id for frame in graph.frames}
    lines += [f"  {_node(node, names)}" for node in graph.nodes if node.frame not in frames]
    lines += [f"  {_edge(edge, names)}" for edge in graph.edges]
    return "\n".join([*lines, *_classes(graph), *_links(graph)]) + "\n"


def _frames(graph: Graph, names: dict[str, str]) -> Iterator[str]:
    for at, frame in enumerate(graph.frames):
        symbol = f"{SYMBOLS[frame.mark]} " if frame.mark else ""
        yield f"  subgraph s{at}[{label(f'{symbol}{frame.title}')}]"
        yield from (f"    {_node(node, names)}" for node in graph.nodes if node.frame == frame.id)
        yield f"    q{at}[[{label(QUEUE_TEXT)}]]:::queue"
        yield "  end"
        if frame.mark:
            yield f"  class s{at} {frame.mark}"


def _node(node: Node, names: dict[str, str]) -> str:
    before, after = _SHAPES[node.kind]
    symbol = f"{SYMBOLS[node.mark]} " if node.mark else ""
    rows = (f"{row.badge}: {row.text}" for row in node.rows)
    text = _lines(f"{symbol}{node.title}", node.subtitle, *rows)
    kind = node.mark or ("retired" if node.retired else node.kind)
    return f"{names[node.id]}{before}{text}{after}:::{kind}"


def _edge(edge: Edge, names: dict[str, str]) -> str:
    arrow = "-.->" if edge.quiet or edge.mark is Mark.REMOVED else "-->"
    text = f"|{_lines(*edge.lines)}|" if edge.lines else ""
    return f"{names[edge.source]} {arrow}{text} {names[edge.target]}"


def _classes(graph: Graph) -> Iterator[str]:
    """Light boxes with dark texts, which are read on light and dark pages."""
    used = {node.kind for node in graph.nodes if not node.mark and not node.retired}
    ink = f"color:{LIGHT['ink']}"
    for kind, (fill, line) in _FILLS.items():
        if kind in used:
            yield f"  classDef {kind} fill:{LIGHT[fill]},stroke:{LIGHT[line]},{ink}"
    yield f"  classDef queue fill:{LIGHT['card']},stroke:{LIGHT['muted']},{ink}"
    if any(node.retired and not node.mark for node in graph.nodes):
        grey = f"fill:{LIGHT['frame']},stroke:{LIGHT['retired']},color:{LIGHT['muted']}"
        yield f"  classDef retired {grey},stroke-dasharray:5 4"
    for mark in (one for one in Mark if one in graph.marks):
        dashes = ",stroke-dasharray:7 5" if mark is Mark.REMOVED else ""
        style = f"fill:{LIGHT['card']},stroke:{LIGHT[mark]},stroke-width:3px,{ink}{dashes}"
        yield f"  classDef {mark} {style}"


def _links(graph: Graph) -> Iterator[str]:
    """Marked arrows, by their numbers: Mermaid has no classes for them everywhere."""
    for at, edge in enumerate(graph.edges):
        if edge.mark:
            yield f"  linkStyle {at} stroke:{LIGHT[edge.mark]},stroke-width:3px"
