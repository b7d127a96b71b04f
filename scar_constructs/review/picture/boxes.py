"""Sizes of all that has a text, in pixels; the drawing puts its texts by the same numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scar_constructs.review.picture.graph import Edge, Frame, Kind, Node, Row
from scar_constructs.review.picture.widths import width

TITLE = 14
TEXT = 11.5
LABEL = 11
BADGE = 9
FRAME_TITLE = 13
QUEUE_TEXT = "failure queues"

SIDE = 16
"""Between a border and a text."""
ACCENT = 6
"""The stripe of a function."""
LINE = 17
ROW = 20
BADGE_SIDE = 6
BADGE_HEIGHT = 15
BADGE_GAP = 7
CAP = 8
"""Height of the upper part of a cylinder, and of the tab of a folder."""
LABEL_LINE = 14
FRAME_TOP = 48
FRAME_BOTTOM = 46
FRAME_SIDE = 24
QUEUE_HEIGHT = 20
QUEUE_WIDTH = math.ceil(width(QUEUE_TEXT, LABEL)) + 32


@dataclass(frozen=True)
class Size:
    """Of a box."""

    width: int
    height: int


def badge_width(row: Row) -> float:
    return width(row.badge, BADGE, bold=True) + 2 * BADGE_SIDE


def node_size(node: Node) -> Size:
    """With room for all its texts."""
    widest = max(
        width(node.title, TITLE, bold=True),
        width(node.subtitle, TEXT),
        *(badge_width(row) + BADGE_GAP + width(row.text, TEXT) for row in node.rows),
        108,
    )
    stripe = ACCENT if node.kind is Kind.FUNCTION else 0
    cap = CAP if node.kind in (Kind.FOLDER, Kind.ELSEWHERE) else 0
    # The ends of an address are round.
    side = SIDE + 6 if node.kind is Kind.ENDPOINT else SIDE
    height = 2 * LINE + 20 + cap + ROW * len(node.rows) + (4 if node.rows else 0)
    return Size(math.ceil(widest) + 2 * side + stripe, height)


def label_size(edge: Edge) -> Size | None:
    """None without a label."""
    if not edge.lines:
        return None
    widest = max(width(line, LABEL) for line in edge.lines)
    return Size(math.ceil(widest) + 8, LABEL_LINE * len(edge.lines) + 2)


def frame_width(frame: Frame) -> int:
    """At least so wide that title and queue have room."""
    title = width(frame.title, FRAME_TITLE, bold=True) + 24
    return math.ceil(max(title, QUEUE_WIDTH)) + 2 * FRAME_SIDE
