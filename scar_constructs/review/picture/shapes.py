"""The parts of the drawing: boxes, lines, arrowheads, badges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from scar_constructs.review.picture.boxes import CAP
from scar_constructs.review.picture.graph import Kind
from scar_constructs.review.picture.layout import Point, Rect
from scar_constructs.terminal import visible

CORNER = 10
BEND = 9
HEAD_LENGTH = 9
HEAD_HALF = 4.5


def xml(text: str) -> str:
    """Text for an element or an attribute; names are data."""
    return escape(visible(text))


def number(value: float) -> str:
    """With at most two decimals, and none where none is needed."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", 1 if abs(value) < 0.005 else 0)


def text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{number(x)}" y="{number(y)}">{xml(words)}</text>'


def box(rect: Rect, kind: str, corner: float) -> str:
    return (
        f'<rect class="{kind}" x="{number(rect.x)}" y="{number(rect.y)}" '
        f'width="{number(rect.width)}" height="{number(rect.height)}" rx="{number(corner)}"/>'
    )


def outline(rect: Rect, kind: Kind, classes: str) -> str:
    """The shape of a node: without colours, too, it says of which kind it is."""
    if kind is Kind.FOLDER:
        return _cylinder(rect, classes)
    if kind is Kind.ELSEWHERE:
        return _folder(rect, classes)
    return box(rect, classes, rect.height / 2 if kind is Kind.ENDPOINT else CORNER)


def _cylinder(rect: Rect, classes: str) -> str:
    """A disk, as storage is drawn since there were disks."""
    half, cap = number(rect.width / 2), number(CAP)
    left, top = number(rect.x), number(rect.y + CAP)
    side, wide = number(rect.height - 2 * CAP), number(rect.width)
    arc = f"a{half} {cap} 0 0 "
    body = f"M{left} {top}{arc}1 {wide} 0v{side}{arc}1 -{wide} 0z"
    rim = f"M{left} {top}{arc}0 {wide} 0"
    return f'<path class="{classes}" d="{body}"/><path class="{classes}" d="{rim}" fill="none"/>'


def _folder(rect: Rect, classes: str) -> str:
    """A folder with its tab."""
    tab = min(rect.width / 3, 60)
    body = (
        f"M{number(rect.x)} {number(rect.y + 4)}q0 -4 4 -4h{number(tab)}l{CAP} {CAP}"
        f"h{number(rect.width - tab - CAP - 8)}q4 0 4 4v{number(rect.height - CAP - 8)}"
        f"q0 4 -4 4h-{number(rect.width - 8)}q-4 0 -4 -4z"
    )
    return f'<path class="{classes}" d="{body}"/>'


def stripe(rect: Rect, width: float, kind: str) -> str:
    """The left end of a function's box, in the colour of where it runs."""
    round_, high = CORNER, number(rect.height - 2 * CORNER)
    across = number(width)
    d = (
        f"M{number(rect.x + max(width, round_))} {number(rect.y)}"
        f"a{round_} {round_} 0 0 0 -{round_} {round_}v{high}"
        f"a{round_} {round_} 0 0 0 {round_} {round_}"
        f"a{across} {round_} 0 0 1 -{number(round_ - width)} -{round_}v-{high}"
        f"a{across} {round_} 0 0 1 {number(round_ - width)} -{round_}z"
    )
    return f'<path class="{kind}" d="{d}"/>'


def line(points: Sequence[Point], classes: str) -> str:
    """Through the points, with round corners, up to where the arrowhead begins."""
    ends = [*points[:-1], _towards(points[-1], points[-2], HEAD_LENGTH - 1)]
    parts = [f"M{_pair(ends[0])}"]
    for before, at, after in zip(ends, ends[1:], ends[2:], strict=False):
        radius = min(BEND, _distance(before, at) / 2, _distance(at, after) / 2)
        start, end = _towards(at, before, radius), _towards(at, after, radius)
        parts.append(f"L{_pair(start)}Q{_pair(at)} {_pair(end)}")
    parts.append(f"L{_pair(ends[-1])}")
    return f'<path class="{classes}" d="{"".join(parts)}"/>'


def head(points: Sequence[Point], classes: str) -> str:
    """The arrowhead at the last point."""
    tip, before = points[-1], points[-2]
    foot = _towards(tip, before, HEAD_LENGTH)
    share = HEAD_HALF / (_distance(tip, before) or 1)
    across = ((tip[1] - before[1]) * share, (before[0] - tip[0]) * share)
    left = (foot[0] + across[0], foot[1] + across[1])
    right = (foot[0] - across[0], foot[1] - across[1])
    return f'<path class="{classes}" d="M{_pair(tip)}L{_pair(left)}L{_pair(right)}z"/>'


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / (_distance(start, end) or 1)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _distance(one: Point, other: Point) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
