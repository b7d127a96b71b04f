"""S3 keys as paths of files, for keys that no file system would take as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

MAX_NAME_BYTES = 255
"""What Linux allows one name in a folder."""
_HASH_CHARACTERS = 16


def local_paths(names: Iterable[tuple[str, str]], folder: Path) -> dict[tuple[str, str], Path]:
    """A file under `folder` for each (bucket, key), no two the same and none outside.

    Keys keep their form, except for parts that mean something to a file system (empty, `.`, `..`),
    parts that are too long, and a key that is at the same time the folder of another: those are
    written with percent signs or shortened, with a hash of the key.
    """
    ordered = sorted(set(names))
    parts = {name: (name[0], *map(_escape, name[1].split("/"))) for name in ordered}
    folders = {path[:end] for path in parts.values() for end in range(1, len(path))}
    taken: set[tuple[str, ...]] = set()
    result = {}
    for name in ordered:
        path = parts[name]
        if path in folders or path in taken:
            path = (*path[:-1], _shortened(path[-1], name[1]))
        taken.add(path)
        result[name] = folder.joinpath(*path)
    return result


def _escape(part: str) -> str:
    if part in ("", ".", ".."):
        return "".join("%2E" for _ in part) or "%"
    escaped = part.replace("\0", "%00")
    return escaped if len(escaped.encode()) <= MAX_NAME_BYTES else _shortened(escaped, part)


def _shortened(part: str, key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:_HASH_CHARACTERS]
    kept = part.encode()[: MAX_NAME_BYTES - _HASH_CHARACTERS - 1].decode(errors="ignore")
    return f"{kept}%{digest}"
