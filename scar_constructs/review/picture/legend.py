"""What the shapes mean: of those that are in the picture, in a line below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.review.picture import shapes
from scar_constructs.review.picture.boxes import LABEL
from scar_constructs.review.picture.graph import SYMBOLS, Graph, Kind, Link, Mark
from scar_constructs.review.picture.layout import Rect
from scar_constructs.review.picture.widths import width

LINE = 24
SWATCH = 26
GAP = 7
BETWEEN = 24
_KINDS = {
    Kind.FUNCTION: "function",
    Kind.FOLDER: "folder of a bucket in S3",
    Kind.ELSEWHERE: "folder elsewhere",
    Kind.ENDPOINT: "HTTPS address",
}
_Entry = tuple[Callable[[float, float], str], str]


def legend(graph: Graph, left: float, top: float, right: float) -> tuple[list[str], float]:
    """The parts of the legend, and its lower end."""
    parts, x, y = [], left, top
    for draw, words in _entries(graph):
        wide = SWATCH + GAP + width(words, LABEL)
        if x > left and x + wide > right:
            x, y = left, y + LINE
        parts += [draw(x, y), shapes.text(x + SWATCH + GAP, y + 13, words, "legend")]
        x += wide + BETWEEN
    return parts, y + LINE


def _entries(graph: Graph) -> Iterator[_Entry]:
    kinds = {node.kind for node in graph.nodes}
    yield from ((_shape(kind), words) for kind, words in _KINDS.items() if kind in kinds)
    if any(edge.link is Link.WITHIN for edge in graph.edges):
        yield _dotted, "the same files, by another folder"
    yield from ((_symbol(mark), mark.value) for mark in Mark if mark in graph.marks)


def _shape(kind: Kind) -> Callable[[float, float], str]:
    def draw(x: float, y: float) -> str:
        if kind is Kind.FUNCTION:
            rect = Rect(x, y - 1, SWATCH, 20)
            inside = Rect(x + 1, y, 5, 18)
            return shapes.box(rect, kind.value, 4) + shapes.box(inside, "batch", 2)
        return shapes.outline(Rect(x, y - 2, SWATCH, 21), kind, kind.value)

    return draw


def _dotted(x: float, y: float) -> str:
    points = ((x, y + 9), (x + SWATCH, y + 9))
    return shapes.line(points, "edge quiet") + shapes.head(points, "head")


def _symbol(mark: Mark) -> Callable[[float, float], str]:
    def draw(x: float, y: float) -> str:
        return mark_symbol(x + SWATCH - 10, y + 9, mark)

    return draw


def mark_symbol(x: float, y: float, mark: Mark) -> str:
    """A disk around a middle, with the mark's symbol in it."""
    disk = (
        f'<circle class="{mark.value}-fill" cx="{shapes.number(x)}" cy="{shapes.number(y)}" r="9"/>'
    )
    return disk + shapes.text(x, y + 4.5, SYMBOLS[mark], "badge symbol")
