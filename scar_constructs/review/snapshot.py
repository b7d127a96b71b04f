"""A version as a document beside its templates, by which cloud assemblies are reviewed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from scar_constructs.errors import UserError
from scar_constructs.language import LoadedApplication
from scar_constructs.language.lock import Lock
from scar_constructs.language.workflow.join import Stack
from scar_constructs.review.records import plain, record
from scar_constructs.review.sides import FunctionView, Place, Side, StackView, side

SNAPSHOT = "workflow.json"
MANIFEST = "manifest.json"
"""What the CDK writes into every assembly."""
_VERSION = 1
_Record = TypeVar("_Record")


def write_snapshot(loaded: LoadedApplication, lock: Lock, folder: Path) -> None:
    """Write the document into the folder of an assembly. Its places are below the current folder,
    so that the same files give the same bytes anywhere."""
    starts = {
        f"{parent}{os.sep}": _below(parent)
        for parent in (file.file.path.parent for file in loaded.files)
        if parent.is_absolute()
    }

    def shown(text: str) -> str:
        for start, below in starts.items():
            text = text.replace(start, below)
        return text

    text = snapshot(side("", loaded, lock, shown))
    (folder / SNAPSHOT).write_text(text, encoding="utf-8")


def _below(folder: Path) -> str:
    """How paths of what is in the folder begin, as seen from the current one."""
    here = Path.cwd()
    if folder == here or not folder.is_relative_to(here):
        return ""
    return f"{folder.relative_to(here).as_posix()}/"


def snapshot(version: Side) -> str:
    """ASCII JSON; the same version gives the same text."""
    document = {"version": _VERSION, **plain(version)}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def stack_document(stack: Stack) -> str:
    """The same of one stack that is going to be deployed, without places: a comment in its file
    is no change."""
    return json.dumps({"version": _VERSION, **plain(stack)}, ensure_ascii=True) + "\n"


def deployed(documents: Mapping[str, str]) -> Side:
    """The version that is deployed. `documents`: stack -> its document. Raises UserError."""
    stacks = [_stack(text, name) for name, text in documents.items()]
    at = Place("deployed", 0)
    functions = {
        function.name: FunctionView(
            function=function,
            stack=stack.name,
            at=at,
            script_at=at,
            keys={},
            inputs_at=(at,) * len(function.inputs),
            outputs_at=(at,) * len(function.outputs),
            contents={},
        )
        for stack in stacks
        for function in stack.functions
    }
    views = tuple(StackView(stack=stack, at=at, keys={}) for stack in stacks)
    return Side(label="deployed", stacks=views, functions=functions, warnings=())


def as_deployed(version: Side) -> Side:
    """The version with no more than what a deployed one has, to be compared with such a one."""
    functions = {
        name: replace(view, keys={}, contents={}) for name, view in version.functions.items()
    }
    stacks = tuple(
        replace(view, keys={}, stack=record(plain(view.stack), Stack)) for view in version.stacks
    )
    return replace(version, stacks=stacks, functions=functions, warnings=())


def _stack(text: str, name: str) -> Stack:
    return _read(lambda: json.loads(text), Stack, f"the document of the stack {name}")


def is_assembly(folder: Path) -> bool:
    """Whether a folder is a cloud assembly."""
    return (folder / MANIFEST).is_file()


def read_snapshot(folder: Path, label: str) -> Side:
    """The version that an assembly was made of. Raises UserError for what is none."""
    path = folder / SNAPSHOT
    if not path.is_file():
        message = f"{label} has no {SNAPSHOT}: it was made by an earlier version, or by another app"
        raise UserError(f"{message}; synthesise it again")
    found = _read(lambda: json.loads(path.read_text(encoding="utf-8")), Side, f"{label}/{SNAPSHOT}")
    return replace(found, label=label)


def _read(load: Callable[[], Any], kind: type[_Record], name: str) -> _Record:
    """A record of this kind. Raises UserError for anything else."""
    try:
        document = load()
        if document.pop("version") != _VERSION:
            raise ValueError("another version")
        found = record(document, kind)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as fault:
        message = f"{name} cannot be read by this version"
        raise UserError(
            f"{message}; synthesise it again, and deploy it if it was deployed"
        ) from fault
    if not isinstance(found, kind):
        raise AssertionError("a record is of its kind")
    return found
