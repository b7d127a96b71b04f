"""The picture in a page: a Mermaid block, and the functions in a table."""

from __future__ import annotations

import re

from scar_constructs.review.picture.describe import place, reads, writes
from scar_constructs.review.picture.graph import SYMBOLS, Graph, Kind, Node
from scar_constructs.review.picture.mermaid import mermaid
from scar_constructs.terminal import visible

_HEAD = ("function", "image", "runs on", "started by", "writes to")
# Punctuation that Markdown takes a backslash before; of these few none begins anything in a cell.
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_HARMLESS = frozenset(",.-/:")
_MENTION = re.compile("[@#]")
_NOTHING = "&#8203;"
"""A space without width. A backslash does not keep forges from making a link of a name or a number
behind `@` or `#`: they look for them in what Markdown has left."""
_ADDRESS = re.compile(r"(?i)(?<=www)\.|(?<=http):|(?<=https):|(?<=ftp):")


def markdown(graph: Graph) -> str:
    """A document of its own; it ends no fence and no cell but its own."""
    nodes = {node.id: node for node in graph.nodes}
    functions = [node for node in graph.nodes if node.kind is Kind.FUNCTION]
    rows = [_row(cells) for cells in (_HEAD, ["---"] * len(_HEAD))]
    rows += [_row([cell(one) for one in _cells(node, graph, nodes)]) for node in functions]
    title = cell(graph.title)
    return f"# {title}\n\n```mermaid\n{mermaid(graph)}```\n\n" + "\n".join(rows) + "\n"


def cell(text: str) -> str:
    """A text as it stands, whatever Markdown would make of it; no address becomes a link."""
    shown = _PUNCTUATION.sub(
        lambda found: found[0] if found[0] in _HARMLESS else f"\\{found[0]}", visible(text)
    )
    shown = _ADDRESS.sub(lambda found: f"\\{found[0]}", shown)
    return _MENTION.sub(lambda found: f"{found[0]}{_NOTHING}", shown)


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(node: Node, graph: Graph, nodes: dict[str, Node]) -> tuple[str, ...]:
    symbol = f"{SYMBOLS[node.mark]} " if node.mark else ""
    return (
        f"{symbol}{node.title}",
        node.subtitle,
        ", ".join(f"{row.badge.capitalize()} {row.text}" for row in node.rows),
        ", ".join(place(nodes[one]) for one in reads(node, graph)),
        ", ".join(place(nodes[one]) for one in writes(node, graph)),
    )
