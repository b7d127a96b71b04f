"""The graph of an application: which functions, folders and addresses there are, and what flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from scar_constructs.language.workflow.join import Application
from scar_constructs.language.workflow.key_patterns import can_trigger
from scar_constructs.model import OWN, Function, Input, Output
from scar_constructs.review.picture import texts
from scar_constructs.review.picture.graph import (
    Edge,
    Frame,
    Graph,
    Kind,
    Link,
    Mark,
    Node,
    edge_id,
    endpoint_id,
    folder_id,
    frame_id,
    function_id,
)
from scar_constructs.terminal import visible

NO_MARKS: Mapping[str, str] = {}
_Part = TypeVar("_Part", Frame, Node, Edge)


@dataclass(frozen=True)
class _Use:
    """A folder as one function uses it."""

    function: Function
    folder: Input | Output
    id: str


def picture(application: Application, marks: Mapping[str, str] = NO_MARKS) -> Graph:
    """What there is to draw of the application.

    `marks`: id of a frame, node or edge -> `added`, `removed` or `changed`; ids of what is not
    there are passed over. Raises ValueError for another mark.
    """
    functions = [one for stack in application.stacks for one in stack.functions]
    reads = [use for one in functions for use in _uses(one, one.inputs)]
    writes = [use for one in functions for use in _uses(one, one.outputs)]
    frames = [
        Frame(id=frame_id(stack.name), title=texts.start_of(stack.name))
        for stack in application.stacks
    ]
    nodes = {node.id: node for node in _functions(application)}
    uses = [*reads, *writes]
    nodes |= {node.id: node for node in _folders(uses, _homes(application, uses))}
    edges = [*_calls(functions), *_read(reads), *_written(writes), *_within(writes, reads)]
    return Graph(
        frames=tuple(_marked(frames, marks)),
        nodes=tuple(_marked(list(nodes.values()), marks)),
        edges=tuple(_marked(edges, marks)),
    )


def _marked(parts: list[_Part], marks: Mapping[str, str]) -> Iterator[_Part]:
    for part in sorted(parts, key=lambda one: one.id):
        yield replace(part, mark=Mark(marks[part.id])) if part.id in marks else part


def _homes(application: Application, uses: list[_Use]) -> dict[str, str]:
    """Folder -> the frame of the stack that makes its bucket, if functions of it use the folder: an
    arrow would lead back from another stack to one that has nothing to do with it."""
    found = {}
    for stack in application.stacks:
        made = {bucket.name for bucket in stack.buckets}
        functions = {function.name for function in stack.functions}
        for use in uses:
            server, bucket = use.function.place(use.folder)
            if server == OWN and bucket in made and use.function.name in functions:
                found[use.id] = frame_id(stack.name)
    return found


def _uses(function: Function, folders: tuple[Input, ...] | tuple[Output, ...]) -> Iterator[_Use]:
    for one in folders:
        server, bucket = function.place(one)
        yield _Use(function, one, folder_id(server, bucket, one.folder))


def _functions(application: Application) -> Iterator[Node]:
    for stack in application.stacks:
        for one in stack.functions:
            yield _function(one, frame_id(stack.name))
            if one.api is not None:
                title, subtitle = texts.endpoint(one.api)
                yield Node(
                    id=endpoint_id(one.name),
                    kind=Kind.ENDPOINT,
                    title=texts.start_of(title),
                    subtitle=subtitle,
                    full=visible(f"{title}, {subtitle}, starts {one.name}"),
                    frame=frame_id(stack.name),
                )


def _function(function: Function, frame: str) -> Node:
    rows = texts.rows(function)
    where = ", ".join(f"{row.badge.lower()}: {row.text}" for row in rows)
    return Node(
        id=function_id(function.name),
        kind=Kind.FUNCTION,
        title=texts.start_of(function.name),
        subtitle=texts.end_of(texts.image(function)),
        full=visible(f"{function.name}, {texts.image(function)}, {where}"),
        rows=rows,
        frame=frame,
        retired=function.retired,
    )


def _folders(uses: list[_Use], homes: Mapping[str, str]) -> Iterator[Node]:
    """One for each folder; of several names for the same provider, the first one is shown."""
    for use in sorted(uses, key=lambda one: (one.id, one.folder.provider), reverse=True):
        provider, bucket, folder = use.folder.provider, use.folder.bucket, use.folder.folder
        where = bucket if provider == OWN else f"{bucket} · {provider}"
        yield Node(
            id=use.id,
            kind=Kind.FOLDER if provider == OWN else Kind.ELSEWHERE,
            title=texts.end_of(f"{folder}/" if folder else bucket),
            subtitle=texts.start_of(where if folder else _whole(provider)),
            full=visible(f"{bucket}/{folder} in {_place(provider)}"),
            frame=homes.get(use.id),
        )


def _whole(provider: str) -> str:
    return "the whole bucket" if provider == OWN else f"all of it · {provider}"


def _place(provider: str) -> str:
    return "S3" if provider == OWN else provider


def _calls(functions: list[Function]) -> Iterator[Edge]:
    for one in functions:
        if one.api is not None:
            source, target = endpoint_id(one.name), function_id(one.name)
            yield Edge(source=source, target=target, link=Link.CALLS)


def _read(reads: list[_Use]) -> Iterator[Edge]:
    for uses in _grouped(reads):
        function = uses[0].function
        yield Edge(
            source=uses[0].id,
            target=function_id(function.name),
            link=Link.READS,
            label=texts.read(use.folder for use in uses if isinstance(use.folder, Input)),
            quiet=function.retired,
        )


def _written(writes: list[_Use]) -> Iterator[Edge]:
    for uses in _grouped(writes):
        yield Edge(
            source=function_id(uses[0].function.name),
            target=uses[0].id,
            link=Link.WRITES,
            label=texts.written(use.folder for use in uses if isinstance(use.folder, Output)),
            quiet=uses[0].function.retired,
        )


def _grouped(uses: list[_Use]) -> list[list[_Use]]:
    """Those of the same function and folder: two inputs of one folder are one arrow."""
    groups: dict[tuple[str, str], list[_Use]] = {}
    for use in uses:
        groups.setdefault((use.function.name, use.id), []).append(use)
    return list(groups.values())


def _within(writes: list[_Use], reads: list[_Use]) -> Iterator[Edge]:
    """Files that an output leaves in one folder start the readers of a folder around it, or of one
    inside of it."""
    by_bucket: dict[tuple[str, str], list[_Use]] = {}
    for use in reads:
        by_bucket.setdefault(use.function.place(use.folder), []).append(use)
    found: dict[str, Edge] = {}
    for write in writes:
        for read in by_bucket.get(write.function.place(write.folder), ()):
            name = edge_id(write.id, read.id)
            if write.id != read.id and name not in found and _flows(write, read):
                found[name] = Edge(source=write.id, target=read.id, link=Link.WITHIN, quiet=True)
    return iter(found.values())


def _flows(write: _Use, read: _Use) -> bool:
    if not isinstance(write.folder, Output) or not isinstance(read.folder, Input):
        return False
    return can_trigger(write.folder, read.folder)
