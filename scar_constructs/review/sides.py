"""One of the two versions that a review compares: what its files say, and where they say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from scar_constructs.language.diagnostics.problems import Position, Problem
from scar_constructs.language.keys.containers import Group, ListOf, MapOf
from scar_constructs.language.keys.dialects import FDL_FUNCTION, TOP
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.language.load import LoadedApplication
from scar_constructs.language.lock import NO_LOCK, Lock
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.workflow.join import Application, Stack
from scar_constructs.language.yaml import tree
from scar_constructs.model import Function

_TOLD_ELSEWHERE = frozenset(
    {
        *("lambda.name", "lambda.input", "lambda.output", "lambda.init_script"),
        *("lambda.container.image_file", "lambda.extra_payload"),
    }
)
"""Keys of a function that a review does not compare as texts: edges, and contents of files."""
_NOT_OF_THE_STACK = frozenset({"functions", "defaults", "workflow"})
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Place:
    """A line of a file, as the reader knows the file; line 0: of what has no lines."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Leaf:
    """A value. `key`: as its file writes it, below the function or the stack; `default`: what holds
    where the key is not written, as far as that is one value."""

    key: str
    text: str
    at: Place
    default: str


@dataclass(frozen=True, kw_only=True)
class FunctionView:
    """A function. `script_at`: where its script is named; `keys`: place in the FDL dialect ->
    value; `contents`: image or path that a file names -> digest of what is there."""

    function: Function
    stack: str
    at: Place
    script_at: Place
    keys: Mapping[str, Leaf]
    inputs_at: tuple[Place, ...]
    outputs_at: tuple[Place, ...]
    contents: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StackView:
    """A stack, and what its file says beside its functions."""

    stack: Stack
    at: Place
    keys: Mapping[str, Leaf]


@dataclass(frozen=True, kw_only=True)
class Side:
    """A version. `label`: what the reader calls it."""

    label: str
    stacks: tuple[StackView, ...]
    functions: Mapping[str, FunctionView]
    warnings: tuple[Problem, ...]

    @cached_property
    def application(self) -> Application:
        return Application(stacks=tuple(one.stack for one in self.stacks))

    def stack(self, name: str) -> StackView | None:
        return next((one for one in self.stacks if one.stack.name == name), None)


Shown = Callable[[str], str]
"""A text with the names of files as the reader knows them."""


def side(label: str, loaded: LoadedApplication, lock: Lock = NO_LOCK, shown: Shown = str) -> Side:
    """The version that was loaded. `lock`: the digests of its images; `shown`: path that was read
    -> path to be told."""
    stacks = {one.name: one for one in loaded.application.stacks}
    joined = {one.name: one for stack in stacks.values() for one in stack.functions}
    functions = {
        parsed.function.name: _function(
            joined[parsed.function.name], parsed, file.file.name, lock, shown
        )
        for file in loaded.files
        for parsed in file.functions
    }
    views = {file.file.name: _stack(stacks[file.file.name], file, shown) for file in loaded.files}
    return Side(
        label=label,
        stacks=tuple(views[name] for name in stacks),
        functions=functions,
        warnings=tuple(told(one, shown) for one in loaded.warnings),
    )


def told(problem: Problem, shown: Shown) -> Problem:
    """The problem, at the place that the reader knows."""
    return replace(
        problem,
        file=shown(problem.file),
        message=shown(problem.message),
        got=shown(problem.got),
        fix=shown(problem.fix),
    )


def _stack(stack: Stack, file: ParsedFile, shown: Shown) -> StackView:
    found = (
        leaf
        for leaf in _leaves(file.root, TOP, "", "")
        if leaf[0].partition(".")[0] not in _NOT_OF_THE_STACK
    )
    keys = {place: _leaf(node, default, "", shown) for place, node, default in found}
    return StackView(stack=stack, at=_place(file.name_at.position, shown), keys=keys)


def _function(
    function: Function, parsed: ParsedFunction, stack: str, lock: Lock, shown: Shown
) -> FunctionView:
    node = parsed.section.node
    keys = {
        place: _leaf(leaf, default, parsed.own.path, shown)
        for place, leaf, default in _leaves(node, FDL_FUNCTION, "", "")
        if not any(
            place == one or place.startswith((f"{one}.", f"{one}[")) for one in _TOLD_ELSEWHERE
        )
    }
    script = parsed.section.find("lambda.init_script")
    return FunctionView(
        function=function,
        stack=stack,
        at=_place(parsed.name_at.position, shown),
        script_at=_place(script.position if script else parsed.name_at.position, shown),
        keys=keys,
        inputs_at=tuple(_place(one.position, shown) for one in parsed.inputs_at),
        outputs_at=tuple(_place(one.position, shown) for one in parsed.outputs_at),
        contents=dict(_contents(function, lock)),
    )


def _place(position: Position, shown: Shown) -> Place:
    return Place(shown(position.file), position.line)


def _leaf(node: tree.Node, default: str, above: str, shown: Shown) -> Leaf:
    path = node.path.removeprefix(above).lstrip(".") if above else node.path
    return Leaf(path, _text(node), _place(node.position, shown), default)


def _text(node: tree.Node) -> str:
    if isinstance(node, tree.Scalar):
        return node.text
    if isinstance(node, tree.Sequence):
        return f"[{', '.join(map(_text, node.items))}]"
    return "{}"


def _leaves(
    node: tree.Node, shape: Shape | None, place: str, default: str
) -> Iterator[tuple[str, tree.Node, str]]:
    """Place, value and default of all that is below; keys that have no effect are left out."""
    if isinstance(node, tree.Mapping) and node.entries:
        for name, value in node.items():
            below = f"{place}.{name}" if place else name
            if isinstance(shape, Group):
                key = shape.keys.get(name)
                if key is not None and not key.ignored:
                    yield from _leaves(value, key.shape, below, key.default)
            else:
                inner = shape.value if isinstance(shape, MapOf) else None
                yield from _leaves(value, inner, below, "")
    elif isinstance(node, tree.Sequence) and isinstance(shape, ListOf) and _is_nested(node):
        for number, item in enumerate(node.items):
            yield from _leaves(item, shape.item, f"{place}[{number}]", "")
    else:
        yield place, node, default


def _is_nested(node: tree.Sequence) -> bool:
    return any(not isinstance(item, tree.Scalar) for item in node.items)


def _contents(function: Function, lock: Lock) -> Iterator[tuple[str, str]]:
    if function.image in lock:
        yield function.image, lock[function.image].digest
    for path in (function.image_file, function.extra_payload):
        if path is not None:
            yield path.name, f"sha256:{_digest(path)}"


def _digest(path: Path) -> str:
    """Of a file, or of a folder with the names in it."""
    found = sha256()
    inside = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for one in inside:
        name = b"" if one == path else str(one.relative_to(path)).encode(errors="surrogateescape")
        found.update(b"%d %s" % (len(name), name))
        found.update(b"%d " % one.stat().st_size)
        with one.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                found.update(block)
    return found.hexdigest()
