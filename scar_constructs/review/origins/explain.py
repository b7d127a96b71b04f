"""The functions, keys and lines that a resource comes of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scar_constructs.language.keys.containers import Group, ListOf
from scar_constructs.language.keys.dialects import FDL_FUNCTION, TOP
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.model import OWN, Input, Output
from scar_constructs.model.limits import NETWORK_STACK
from scar_constructs.review.edges import folder
from scar_constructs.review.origins.of_stacks import NETWORK
from scar_constructs.review.origins.origin import Origin, Owner
from scar_constructs.review.origins.resources import Resource
from scar_constructs.review.origins.table import origin_of
from scar_constructs.review.sides import FunctionView, Leaf, Place, Side


@dataclass(frozen=True, kw_only=True)
class Source:
    """A key that a resource comes of, as its file writes it. `value` and `at` where it is written;
    else `default` is what holds."""

    function: str
    key: str
    place: str
    value: str = ""
    default: str = ""
    at: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a resource is there. `functions`: those that it serves, each with its line."""

    resource: Resource
    reason: str
    functions: tuple[tuple[str, Place], ...]
    sources: tuple[Source, ...]


def explained(resource: Resource, version: Side) -> Explanation:
    """Raises LookupError for a resource that nobody has made up a reason for: a fault of ours."""
    if resource.stack == NETWORK_STACK:
        origin, name = NETWORK, ""
    else:
        known = origin_of(resource.path)
        if known is None:
            raise LookupError(f"{resource.stack}/{resource.path} ({resource.kind})")
        origin, name = known
    served = tuple(_served(resource, origin, name.removesuffix("."), version))
    return Explanation(
        resource=resource,
        reason=origin.reason,
        functions=tuple((one.function.name, one.at) for one in served),
        sources=tuple(_sources(resource, origin, name, served, version)),
    )


def _served(resource: Resource, origin: Origin, name: str, version: Side) -> Iterator[FunctionView]:
    """The functions that have something of the resource."""
    for view in version.functions.values():
        function = view.function
        is_here = view.stack == resource.stack
        if origin is NETWORK:
            fits = function.needs_network
        elif origin.owner is Owner.FUNCTION:
            fits = is_here and function.name == name
        elif origin.owner is Owner.JOBS:
            machines = [one.machines[1] for one in function.on_all_machines]
            fits = is_here and function.execution_mode.runs_on_batch and name in machines
        elif origin.owner is Owner.BUCKET:
            fits = name in {one.bucket for one in function.folders if one.provider == OWN}
        else:
            fits = is_here and _has_any(view, origin)
        if fits:
            yield view


def _has_any(view: FunctionView, origin: Origin) -> bool:
    """Whether a part of a stack serves the function: by what makes such a part."""
    function = view.function
    if "api_gateway.name" in origin.keys:
        return function.api is not None
    if "batch.multi_node_parallel" in origin.keys:
        return function.batch.multi_node is not None
    if origin.path.startswith("Shared/Host"):
        return function.starts_hosts
    return True


def _sources(
    resource: Resource,
    origin: Origin,
    name: str,
    served: tuple[FunctionView, ...],
    version: Side,
) -> Iterator[Source]:
    stack = version.stack(resource.stack)
    for place in origin.keys:
        block, _, _ = place.partition(".")
        if place == "functions" and stack:
            names = ", ".join(one.name for one in stack.stack.functions)
            yield Source(function="", key=place, place=place, value=names, at=stack.at)
        elif block in TOP.keys:
            keys = stack.keys if stack else {}
            below = f"{place}.{name}" if origin.owner is Owner.BUCKET else place
            yield from _of_place("", below, place, keys, TOP)
        else:
            for view in served:
                yield from _of_function(view, place, name if origin.owner is Owner.BUCKET else "")


def _of_function(view: FunctionView, place: str, bucket: str) -> Iterator[Source]:
    name = view.function.name
    if place in ("lambda.input", "lambda.output"):
        yield from _folders(view, place, bucket)
    elif place == "lambda.name":
        yield Source(function=name, key="name", place=place, value=name, at=view.at)
    elif place == "lambda.init_script":
        if view.function.script:
            script, at = view.function.script.name, view.script_at
            yield Source(function=name, key="init_script", place=place, value=script, at=at)
    else:
        yield from _of_place(name, place, place, view.keys, FDL_FUNCTION)


def _folders(view: FunctionView, place: str, bucket: str) -> Iterator[Source]:
    is_input = place == "lambda.input"
    inputs, outputs = view.function.inputs, view.function.outputs
    folders: tuple[Input | Output, ...] = inputs if is_input else outputs
    places = view.inputs_at if is_input else view.outputs_at
    for one, at in zip(folders, places, strict=True):
        if not bucket or one.bucket == bucket:
            key = place.removeprefix("lambda.")
            name = view.function.name
            yield Source(function=name, key=key, place=place, value=folder(one), at=at)


def _of_place(
    function: str, place: str, shown: str, keys: Mapping[str, Leaf], group: Group
) -> Iterator[Source]:
    """What is written at a place or below it; else its default, if it is one value."""
    written = [
        (one, leaf)
        for one, leaf in keys.items()
        if one == place or one.startswith((f"{place}.", f"{place}["))
    ]
    for one, leaf in written:
        yield Source(function=function, key=leaf.key, place=one, value=leaf.text, at=leaf.at)
    default = "" if written else _default(group, shown)
    if default:
        yield Source(function=function, key=shown, place=place, default=default)


def _default(group: Group, place: str) -> str:
    """The default of a key, as the table of keys has it."""
    shape: Shape | None = group
    default = ""
    for part in place.split("."):
        if isinstance(shape, ListOf):
            shape = shape.item
        if not isinstance(shape, Group) or part not in shape.keys:
            return ""
        key = shape.keys[part]
        shape, default = key.shape, key.default
    return default
