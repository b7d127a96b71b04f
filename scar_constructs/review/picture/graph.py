"""What a picture shows, without any position: frames, nodes and edges, each with an id.

Ids are made of names, so that the same thing has the same id in two versions of a workflow. They
are for lookups only; nothing is drawn of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a node stands for."""

    FUNCTION = "function"
    FOLDER = "folder"
    """A folder of a bucket in S3 of the account itself."""
    ELSEWHERE = "elsewhere"
    """A folder at a storage provider."""
    ENDPOINT = "endpoint"
    """An HTTPS address that starts a function."""


class Link(StrEnum):
    """What an edge stands for."""

    READS = "reads"
    WRITES = "writes"
    CALLS = "calls"
    WITHIN = "within"
    """Files that are written to the first folder lie in the second as well."""


class Mark(StrEnum):
    """What a review says of a part of the picture."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


SYMBOLS = {Mark.ADDED: "+", Mark.REMOVED: "−", Mark.CHANGED: "~"}  # noqa: RUF001 - a minus
"""Marks as text, for prints without colours."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a function: a badge, and what is behind it."""

    badge: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A stack, with its failure queues; around the nodes whose `frame` is its id."""

    id: str
    title: str
    mark: Mark | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """A box. `title` and `subtitle` are shortened; `full` says the same at its full length."""

    id: str
    kind: Kind
    title: str
    subtitle: str
    full: str
    rows: tuple[Row, ...] = ()
    frame: str | None = None
    retired: bool = False
    mark: Mark | None = None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An arrow between two nodes, by their ids. `quiet`: nothing new comes this way by itself."""

    source: str
    target: str
    link: Link
    label: tuple[str, ...] = ()
    quiet: bool = False
    mark: Mark | None = None

    @property
    def id(self) -> str:
        return edge_id(self.source, self.target)

    @property
    def lines(self) -> tuple[str, ...]:
        """The label as it is drawn: with the symbol of the mark."""
        if self.mark is None:
            return self.label
        symbol = SYMBOLS[self.mark]
        return (f"{symbol} {self.label[0]}", *self.label[1:]) if self.label else (symbol,)


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A whole picture; everything is sorted by its id."""

    frames: tuple[Frame, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def marks(self) -> set[Mark | None]:
        """All marks of its parts."""
        found = {part.mark for part in self.nodes} | {part.mark for part in self.frames}
        return found | {part.mark for part in self.edges}

    @property
    def title(self) -> str:
        names = ", ".join(frame.title for frame in self.frames) or "nothing"
        return f"Workflow {names}"


def frame_id(stack: str) -> str:
    return f"stack {stack}"


def function_id(name: str) -> str:
    return f"function {name}"


def endpoint_id(function: str) -> str:
    return f"endpoint {function}"


def folder_id(server: str, bucket: str, folder: str) -> str:
    """`server` is as of `Function.place`."""
    return f"folder {server} {bucket}/{folder}"


def edge_id(source: str, target: str) -> str:
    return f"{source} -> {target}"
