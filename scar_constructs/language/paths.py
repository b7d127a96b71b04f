"""What is at a path that somebody else has named, in words where nothing of use is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

UNUSABLE = (OSError, RuntimeError, ValueError)
"""What a path can end with: a ring of links is a RuntimeError or an OSError, a NUL a ValueError."""


def reason(error: BaseException) -> str:
    """Why a path cannot be used, in small letters."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return "it goes round in a ring of links" if isinstance(error, RuntimeError) else "not a path"


def real(path: Path) -> Path | None:
    """The path without links; None where there is none."""
    try:
        return path.resolve()
    except UNUSABLE:
        return None


def is_below(path: Path, folder: Path) -> bool:
    """Whether the path is in the folder, links followed; one that leads nowhere is not."""
    found, place = real(path), real(folder)
    return found is not None and place is not None and found.is_relative_to(place)


def is_led_away(path: Path) -> bool:
    """Whether a link within a path that a caller gives leads out of where the path seems to lie: of
    this folder, or of that at the end of the dots; for an absolute path, of its parent. What leads
    nowhere leads nowhere else."""
    if real(path) is None:
        return False
    if path.is_absolute():
        return not is_below(path, path.parent)
    above = next((n for n, part in enumerate(path.parts) if part != os.pardir), len(path.parts))
    return not is_below(path, Path(*path.parts[:above]))


def fault_of_file(path: Path) -> str | None:
    """Why the path names no file; None if it does."""
    return _fault(path, "a file")


def fault_of_folder(path: Path) -> str | None:
    """Why the path names no folder; None if it does."""
    return _fault(path, "a folder")


def _fault(path: Path, wanted: str) -> str | None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"must name {wanted}"
    except UNUSABLE as error:
        return f"cannot be read: {reason(error)}"
    is_wanted = stat.S_ISDIR(mode) if wanted == "a folder" else stat.S_ISREG(mode)
    return None if is_wanted else f"must name {wanted}"
