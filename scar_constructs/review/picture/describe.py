"""The picture in sentences, for people who do not see it."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.review.picture.graph import Graph, Kind, Link, Node


def description(graph: Graph) -> str:
    """What each function is started by and writes to, and what is marked."""
    nodes = {node.id: node for node in graph.nodes}
    functions = [node for node in graph.nodes if node.kind is Kind.FUNCTION]
    sentences = [_sentence(node, graph, nodes) for node in functions]
    stacks = len(graph.frames)
    count = f"{_several(len(functions), 'function')} in {_several(stacks, 'stack')}."
    return " ".join([count, *sentences, *_within(graph, nodes)])


def reads(node: Node, graph: Graph) -> list[str]:
    """The ids of what starts a function."""
    return [
        edge.source
        for edge in graph.edges
        if edge.target == node.id and edge.link is not Link.WITHIN
    ]


def writes(node: Node, graph: Graph) -> list[str]:
    """The ids of the folders that a function writes to."""
    return [edge.target for edge in graph.edges if edge.source == node.id]


def place(node: Node) -> str:
    """A folder or an address in one word, or a few."""
    if node.kind is Kind.ENDPOINT:
        return node.title
    return node.full.removesuffix(" in S3").rstrip("/")


def _sentence(node: Node, graph: Graph, nodes: dict[str, Node]) -> str:
    modes = " ".join(row.badge.lower() for row in node.rows)
    parts = [f"{node.title} ({modes}{f', {node.mark}' if node.mark else ''})"]
    for words, ids in (("is started by", reads(node, graph)), ("writes to", writes(node, graph))):
        if ids:
            parts.append(f"{words} {', '.join(place(nodes[one]) for one in ids)}")
    if len(parts) == 1:
        return f"{parts[0]} has no folder."
    return f"{parts[0]} {' and '.join(parts[1:])}."


def _within(graph: Graph, nodes: dict[str, Node]) -> Iterator[str]:
    for edge in graph.edges:
        if edge.link is Link.WITHIN:
            source, target = place(nodes[edge.source]), place(nodes[edge.target])
            yield f"Files written to {source} start what reads {target}."


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}" + "s" * (count != 1)
