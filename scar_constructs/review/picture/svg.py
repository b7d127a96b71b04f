"""The picture as SVG: no script, nothing from outside, the same bytes for the same workflow."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.review.picture import boxes, shapes
from scar_constructs.review.picture.describe import description
from scar_constructs.review.picture.graph import Edge, Frame, Graph, Kind, Node, Row
from scar_constructs.review.picture.layout import Layout, Rect
from scar_constructs.review.picture.legend import legend, mark_symbol
from scar_constructs.review.picture.style import style

MARGIN = 28
LEAST_WIDTH = 420


def svg(graph: Graph, layout: Layout) -> str:
    """The drawing of a graph by its layout."""
    width = max(layout.width, LEAST_WIDTH)
    below, bottom = legend(graph, MARGIN, layout.height, width - MARGIN)
    height = bottom + 12
    size = f"{shapes.number(width)} {shapes.number(height)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        f'width="{shapes.number(width)}" height="{shapes.number(height)}" role="img" '
        'aria-labelledby="scar-title scar-desc">',
        f'<title id="scar-title">{shapes.xml(graph.title)}</title>',
        f'<desc id="scar-desc">{shapes.xml(description(graph))}</desc>',
        f"<style>{style()}</style>",
        shapes.box(Rect(0, 0, width, height), "canvas", 12),
        *(_frame(frame, layout.frames[frame.id]) for frame in graph.frames),
        *(part for edge in graph.edges for part in _edge(edge, layout)),
        *(_node(node, layout.nodes[node.id]) for node in graph.nodes),
        *below,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _frame(frame: Frame, rect: Rect) -> str:
    """The stack: its name above, its failure queues below."""
    mark = f" {frame.mark}" if frame.mark else ""
    queue = Rect(
        rect.x + rect.width - boxes.QUEUE_WIDTH - 14,
        rect.y + rect.height - boxes.QUEUE_HEIGHT - 12,
        boxes.QUEUE_WIDTH,
        boxes.QUEUE_HEIGHT,
    )
    bars = "".join(
        f"M{shapes.number(queue.x + at)} {shapes.number(queue.y + 5)}v10" for at in (8, 13, 18)
    )
    parts = [
        "<g>",
        shapes.box(rect, f"frame{mark}", 14),
        shapes.text(rect.x + 18, rect.y + 27, frame.title, "frame-title"),
        shapes.box(queue, "queue", 5),
        f'<path class="queue" d="{bars}"/>',
        shapes.text(queue.x + 25, queue.y + 14, boxes.QUEUE_TEXT, "label"),
        mark_symbol(rect.x + rect.width - 2, rect.y + 2, frame.mark) if frame.mark else "",
        "</g>",
    ]
    return "".join(parts)


def _edge(edge: Edge, layout: Layout) -> Iterator[str]:
    points = layout.routes[edge.id]
    mark = f" {edge.mark}" if edge.mark else ""
    quiet = " quiet" if edge.quiet and not edge.mark else ""
    filled = f"{edge.mark}-fill" if edge.mark else "head"
    yield shapes.line(points, f"edge{quiet}{mark}") + shapes.head(points, filled)
    rect = layout.labels.get(edge.id)
    if rect is None:
        return
    for at, line in enumerate(edge.lines):
        kind = f"label {edge.mark}-fill" if edge.mark else "label"
        yield shapes.text(rect.x + 4, rect.y + 11 + at * boxes.LABEL_LINE, line, kind)


def _node(node: Node, rect: Rect) -> str:
    kinds = [node.kind.value, *(["retired"] if node.retired else [])]
    kinds += [node.mark.value] if node.mark else []
    parts = [
        f"<g><title>{shapes.xml(node.full)}</title>",
        shapes.outline(rect, node.kind, " ".join(kinds)),
        *_inside(node, rect),
        mark_symbol(rect.x + rect.width - 3, rect.y + 3, node.mark) if node.mark else "",
        "</g>",
    ]
    return "".join(parts)


def _inside(node: Node, rect: Rect) -> Iterator[str]:
    """The texts of a box."""
    x, y = rect.x + boxes.SIDE, rect.y + 26
    if node.kind is Kind.FUNCTION:
        colours = _colour(node.rows[0]) if node.rows else "quiet-fill"
        yield shapes.stripe(rect, boxes.ACCENT, colours)
        x += boxes.ACCENT
    elif node.kind is Kind.ENDPOINT:
        x += 6
    else:
        y += boxes.CAP
    yield shapes.text(x, y, node.title, "title")
    yield shapes.text(x, y + boxes.LINE, node.subtitle, "sub")
    y += boxes.LINE + boxes.ROW + 3
    for at, row in enumerate(node.rows):
        yield from _row(row, x, y + at * boxes.ROW)


def _row(row: Row, x: float, y: float) -> Iterator[str]:
    wide = boxes.badge_width(row)
    yield shapes.box(Rect(x, y - 11.5, wide, boxes.BADGE_HEIGHT), _colour(row), 4)
    yield shapes.text(x + wide / 2, y - 0.8, row.badge, "badge")
    yield shapes.text(x + wide + boxes.BADGE_GAP, y, row.text, "sub")


def _colour(row: Row) -> str:
    if row.badge == "RETIRED":
        return "quiet-fill"
    return "batch" if "BATCH" in row.badge else "lambda"
