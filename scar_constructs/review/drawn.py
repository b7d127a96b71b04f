"""Both versions in one picture, with marks of what changed."""

from __future__ import annotations

from dataclasses import replace

from scar_constructs.review.compare import Review
from scar_constructs.review.functions import Change
from scar_constructs.review.picture import Graph, compared, picture
from scar_constructs.review.picture.graph import Mark, function_id
from scar_constructs.review.sides import Side


def drawn(review: Review, before: Side, after: Side) -> Graph:
    """The picture. Functions have a mark for changes that the picture does not show, too."""
    graph = compared(picture(before.application), picture(after.application))
    changed = {function_id(one.name) for one in review.functions if one.change is Change.CHANGED}
    nodes = tuple(
        replace(one, mark=Mark.CHANGED) if one.mark is None and one.id in changed else one
        for one in graph.nodes
    )
    return replace(graph, nodes=nodes)
