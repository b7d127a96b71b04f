"""Which functions came, went, got another name or changed, and by which keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from scar_constructs.model import ComputeResources, ComputeType, Function, Script, Sharing
from scar_constructs.review.sides import FunctionView, Leaf, Place, Side

_OF_EDGES = ("inputs", "outputs", "storage_providers", "join_steps")
NOT_WRITTEN = "not written"
_LONGEST_SCRIPT = 500_000
"""Characters of a script that is compared line by line: its time grows faster than its length."""
_DIGEST_SHOWN = len("sha256:") + 12
_ALWAYS_THERE = ("", "lambda", "lambda.container", "batch", "cloudwatch")
"""Blocks whose defaults hold whether or not a function has them."""

_SHARED = ComputeResources(
    type=ComputeType.EC2,
    min_vcpus=0,
    max_vcpus=0,
    instance_types=(),
    subnets=(),
    security_group_ids=(),
)
"""In the place of machines that a function shares."""


class Change(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"


@dataclass(frozen=True)
class KeyChange:
    """A key with another value; `before` is empty of a function that was not there. `at`: where the
    value stands, or stood."""

    key: str
    before: str
    after: str
    at: Place


@dataclass(frozen=True, kw_only=True)
class FunctionChange:
    """`former`: the name before, of a function that is taken for the same one; `same`: why it is.
    `keys`: those that changed, or all of a function that was not there. `script`: what changed in
    the script, as a unified diff."""

    name: str
    change: Change
    at: Place
    stack: str
    former: str | None = None
    same: str = ""
    keys: tuple[KeyChange, ...] = ()
    script: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """A function in both versions, or in one of them."""

    before: FunctionView | None
    after: FunctionView | None

    @property
    def is_renamed(self) -> bool:
        return bool(self.before and self.after) and self.old.name != self.new.name

    @property
    def old(self) -> Function:
        if self.before is None:
            raise ValueError("there was no such function")
        return self.before.function

    @property
    def new(self) -> Function:
        if self.after is None:
            raise ValueError("there is no such function any more")
        return self.after.function


def pairs(before: Side, after: Side) -> tuple[Pair, ...]:
    """The functions of both, in the order of the later version; what is gone comes last."""
    gone = [one for name, one in before.functions.items() if name not in after.functions]
    new = [one for name, one in after.functions.items() if name not in before.functions]
    renamed = _renamed(gone, new)
    found = [
        Pair(before.functions.get(name) or renamed.get(name), one)
        for name, one in after.functions.items()
    ]
    taken = {one.function.name for one in renamed.values()}
    return (*found, *(Pair(one, None) for one in gone if one.function.name not in taken))


def _renamed(gone: list[FunctionView], new: list[FunctionView]) -> Mapping[str, FunctionView]:
    """New name -> the function before, where the two are so alike that it is taken for the same:
    the best match first, each once."""
    scores = [
        (len(alike), one.function.name, other.function.name)
        for one in gone
        for other in new
        if (alike := _alike(one.function, other.function))
    ]
    before = {one.function.name: one for one in gone}
    found: dict[str, FunctionView] = {}
    for _, old, name in sorted(scores, key=lambda one: (-one[0], one[1], one[2])):
        if name not in found and old in before:
            found[name] = before.pop(old)
    return found


def _alike(one: Function, other: Function) -> tuple[str, ...]:
    """What two functions have in common, in words; nothing where it is too little."""
    if one.image != other.image or one.image_file != other.image_file:
        return ()
    runs = one.script is not None and one.script == other.script
    found = ["script"] * runs + ["image"]
    found += ["inputs"] * bool(one.inputs and one.inputs == other.inputs)
    found += ["outputs"] * bool(one.outputs and one.outputs == other.outputs)
    return tuple(found) if runs or len(found) == 3 else ()


def function_changes(found: tuple[Pair, ...]) -> Iterator[FunctionChange]:
    """What there is to say of each; nothing of those that are as they were."""
    for pair in found:
        if pair.before is None and pair.after is not None:
            yield _added(pair.after)
        elif pair.after is None and pair.before is not None:
            yield _one(pair.before, Change.REMOVED)
        elif pair.before is not None and pair.after is not None:
            keys = tuple(_key_changes(pair.before, pair.after))
            script = tuple(_script_diff(pair.old.script, pair.new.script))
            if pair.is_renamed:
                same = " and ".join(f"same {one}" for one in _alike(pair.old, pair.new)[:2])
                renamed = replace(_one(pair.after, Change.RENAMED), former=pair.old.name, same=same)
                yield replace(renamed, keys=keys, script=script)
            elif keys or script:
                yield replace(_one(pair.after, Change.CHANGED), keys=keys, script=script)


def _added(view: FunctionView) -> FunctionChange:
    """All that its file says of it, and its whole script: nobody has read either yet."""
    function = view.function
    keys = [KeyChange(one.key, "", one.text, one.at) for one in view.keys.values()]
    if not keys:  # of what is deployed nobody has the file
        settings = _compared(function)
        told = {"image": settings.image, "execution_mode": settings.execution_mode.value}
        keys = [KeyChange(name, "", value, view.at) for name, value in told.items()]
    if function.script:
        keys.append(KeyChange("init_script", "", function.script.name, view.script_at))
    keys += [
        KeyChange(f"contents of {name}", "", _digest(digest), view.at)
        for name, digest in sorted(view.contents.items())
    ]
    script = tuple(_script_diff(Script(name="/dev/null", content=""), function.script))
    return replace(_one(view, Change.ADDED), keys=tuple(keys), script=script)


def _one(view: FunctionView, change: Change) -> FunctionChange:
    return FunctionChange(name=view.function.name, change=change, at=view.at, stack=view.stack)


def _key_changes(before: FunctionView, after: FunctionView) -> Iterator[KeyChange]:
    if before.stack != after.stack:
        yield KeyChange("workflow", before.stack, after.stack, after.at)
    old, new = _compared(before.function), _compared(after.function)
    has_keys = bool(before.keys and after.keys)
    written = tuple(leaf_changes(before.keys, after.keys)) if has_keys and old != new else ()
    yield from written
    script, other = before.function.script, after.function.script
    if script and other and script.name != other.name:
        yield KeyChange("init_script", script.name, other.name, after.script_at)
    elif (script is None) != (other is None):
        names = [one.name if one else NOT_WRITTEN for one in (script, other)]
        yield KeyChange("init_script", names[0], names[1], (after if other else before).script_at)
    for name in sorted({*before.contents, *after.contents}):
        if before.contents.get(name) != after.contents.get(name):
            states = [_digest(one.contents.get(name)) for one in (before, after)]
            yield KeyChange(f"contents of {name}", states[0], states[1], after.at)
    if old != new and not written:
        yield from field_changes(old, new, after.at)


def _digest(digest: str | None) -> str:
    return digest[:_DIGEST_SHOWN] if digest else "nothing"


def _compared(function: Function) -> Function:
    """The function without what is compared in other ways: machines that it shares are compared
    with its stack."""
    bare: dict[str, Any] = dict.fromkeys(_OF_EDGES, ())
    contents: dict[str, Any] = {"script": None, "image_file": None, "extra_payload": None}
    if function.machines[0] is not Sharing.OWN:
        bare["batch"] = replace(function.batch, compute_resources=_SHARED)
    return replace(function, name="", **bare, **contents)


def leaf_changes(before: Mapping[str, Leaf], after: Mapping[str, Leaf]) -> Iterator[KeyChange]:
    """The keys whose values differ. A key that is not written has its default."""
    for place in dict.fromkeys((*after, *before)):
        old, new = before.get(place), after.get(place)
        leaf = new or old
        if leaf is None or (old and new and old.text == new.text):
            continue
        texts = [
            one.text if one else _default(place, leaf, keys)
            for one, keys in ((old, before), (new, after))
        ]
        if texts[0] == texts[1]:
            continue
        shown = [text or NOT_WRITTEN for text in texts]
        yield KeyChange(leaf.key, shown[0], shown[1], leaf.at)


def _default(place: str, leaf: Leaf, keys: Mapping[str, Leaf]) -> str:
    """What holds where the key is not written: its default, if the block around it is there."""
    block, _, _ = place.rpartition(".")
    is_there = block in _ALWAYS_THERE or any(one.startswith(f"{block}.") for one in keys)
    return leaf.default if is_there else ""


def field_changes(old: Any, new: Any, at: Place, start: str = "") -> Iterator[KeyChange]:
    """What differs of two records of one kind where no key is known that says it: it comes from the
    lock of images, or of what is deployed nobody has the file."""
    for one in fields(old):
        first, second = getattr(old, one.name), getattr(new, one.name)
        name = f"{start}{one.name}"
        if first == second:
            continue
        if is_dataclass(first) and type(first) is type(second):
            yield from field_changes(first, second, at, f"{name}.")
        elif isinstance(first, Mapping):
            for key in sorted({*first, *second}):
                if first.get(key) != second.get(key):
                    was, now = _shown(first.get(key)), _shown(second.get(key))
                    yield KeyChange(f"{name}.{key}", was, now, at)
        else:
            yield KeyChange(name, _shown(first), _shown(second), at)


def _shown(value: object) -> str:
    """A value as people read it."""
    if value is None or value == ():
        return NOT_WRITTEN
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if is_dataclass(value):
        parts = (f"{one.name}: {_shown(getattr(value, one.name))}" for one in fields(value))
        return f"{{{', '.join(parts)}}}"
    return str(value)


def _script_diff(old: Script | None, new: Script | None) -> Iterator[str]:
    if old is None or new is None or old.content == new.content:
        return
    lines = [one.content.splitlines() for one in (old, new)]
    if max(len(one.content) for one in (old, new)) > _LONGEST_SCRIPT:
        yield from (f"--- {old.name}", f"+++ {new.name}")
        yield f"({len(lines[0]):,} lines -> {len(lines[1]):,} lines: too long to be compared)"
        return
    found = difflib.unified_diff(lines[0], lines[1], old.name, new.name, n=2, lineterm="")
    shown = list(found)
    yield from shown or [f"--- {old.name}", f"+++ {new.name}", "(only ends of lines differ)"]
