"""Files that a workflow takes from outside of its own folder, and payloads that cannot be packed.

What a key names, or what a link leads to, is read on the machine that checks and ends in an image.
In a file of one's own that is worth a warning; in a file of somebody else (`--untrusted`, for pull
requests) it is refused before anything is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from scar_constructs.language.diagnostics.problems import Position, Report
from scar_constructs.language.paths import UNUSABLE, is_below, real, reason
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.terminal import quote

_FIX = "copy it into the folder of the YAML file"


def is_allowed(
    path: Path, node: Scalar, report: Report, *, unreadable: str = "file-not-found"
) -> bool:
    """Whether the file or folder that the node names may be read; a problem is added where it lies
    outside of the folder of the node's file, and one of the rule `unreadable` where it leads
    nowhere."""
    try:
        found = path.resolve()
    except UNUSABLE as error:
        report.add(fault(unreadable, node, f"cannot be read: {reason(error)}", "correct the path"))
        return False
    if found.is_relative_to(Path(node.position.file).parent.resolve()):
        return True
    message = "is outside of this file's folder, and goes into the image"
    if report.is_untrusted:
        report.add(fault("untrusted-file", node, message, _FIX))
        return False
    report.add(problem("outside-file", node.path, node.position, message, quote(node.text), _FIX))
    return True


def check_payload(folder: Path, node: Scalar, report: Report) -> None:
    """Add a problem for each entry of a folder that is to be packed and cannot, or should not."""
    for entry in _entries(folder):
        name = quote(entry.relative_to(folder).as_posix())
        found = _fault_of(entry)
        if found is not None:
            message, fix = found
            report.add(
                problem("payload-entry", node.path, node.position, f"{name} {message}", "", fix)
            )
        elif not _is_inside(entry, node):
            rule = "untrusted-file" if report.is_untrusted else "outside-file"
            message = f"{name} is a link out of this file's folder, and what it leads to is packed"
            report.add(problem(rule, node.path, node.position, message, "", _FIX))


def is_link_out(file: Path, report: Report) -> bool:
    """Whether a YAML file that was found in a folder is a link to a place outside of it; then a
    problem is added."""
    if real(file) is None or is_below(file, file.parent):
        return False  # of what leads nowhere, reading tells
    rule = "untrusted-file" if report.is_untrusted else "outside-file"
    message = "is a link out of its folder"
    report.add(problem(rule, "", Position(str(file)), message, "", _FIX))
    return True


def _is_inside(path: Path, node: Scalar) -> bool:
    return is_below(path, Path(node.position.file).parent)


def _entries(folder: Path) -> Iterator[Path]:
    """All below the folder, links not followed, in the order of their names."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *files]):
            yield Path(parent, name)


def _fault_of(entry: Path) -> tuple[str, str] | None:
    """Why an entry cannot be packed, and what to do; None for files, folders and sound links."""
    try:
        os.fspath(entry).encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8, which the CDK cannot pack", "rename it"
    try:
        kind = entry.stat().st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError) and entry.is_symlink():
            return "is a link to nothing", "correct the link, or remove it"
        return f"cannot be read: {reason(error)}", "correct it, or remove it"
    if not os.access(entry, os.R_OK | (os.X_OK if stat.S_ISDIR(kind) else 0)):
        return "cannot be read: permission denied", "correct its permissions"
    if stat.S_ISDIR(kind):
        target = entry.resolve()
        if entry.is_symlink() and entry.parent.resolve().is_relative_to(target):
            return "is a link to a folder above it", "remove the link"
        return None
    if not stat.S_ISREG(kind):
        return "is no file, folder or link", "remove it"
    return None
