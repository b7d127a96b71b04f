"""A version as a document beside its templates, by which cloud assemblies are reviewed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from scar_constructs.errors import UserError
from scar_constructs.language import LoadedApplication
from scar_constructs.language.lock import Lock
from scar_constructs.review.records import plain, record
from scar_constructs.review.sides import Side, side

SNAPSHOT = "workflow.json"
MANIFEST = "manifest.json"
"""What the CDK writes into every assembly."""
_VERSION = 1


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


def is_assembly(folder: Path) -> bool:
    """Whether a folder is a cloud assembly."""
    return (folder / MANIFEST).is_file()


def read_snapshot(folder: Path, label: str) -> Side:
    """The version that an assembly was made of. Raises UserError for what is none."""
    path = folder / SNAPSHOT
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        message = f"{label} has no {SNAPSHOT}: it was made by an earlier version, or by another app"
        raise UserError(f"{message}; synthesise it again") from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise UserError(f"{label}/{SNAPSHOT} cannot be read; synthesise it again") from fault
    return _side(document, label)


def _side(document: Any, label: str) -> Side:
    try:
        if document.pop("version") != _VERSION:
            raise ValueError("another version")
        found = record({**document, "label": label}, Side)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as fault:
        message = f"{label}/{SNAPSHOT} is of another version"
        raise UserError(f"{message}; synthesise it again with this one") from fault
    if not isinstance(found, Side):
        raise AssertionError("a record of Side is a Side")
    return found
