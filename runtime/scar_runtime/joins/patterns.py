"""Files that belong together by their names."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from scar_runtime.config import Join

_FIELD = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_DIGITS = 32


@dataclass(frozen=True)
class Place:
    """Where a file stands in its group."""

    group: str
    place: str


def place_of(join: Join, path: str) -> Place | None:
    """The place of a file by its path under the folder; None if the path is not of the form."""
    if join.suffixes:
        fitting = [end for end in join.suffixes if path.endswith(end) and path != end]
        if not fitting:
            return None
        end = max(fitting, key=len)
        return Place(path.removesuffix(end), str(join.suffixes.index(end)))
    fields = matched(join.group or "", path)
    if fields is None:
        return None
    return Place("-".join(fields[name] for name in join.by), _digest(path))


def matched(pattern: str, path: str) -> dict[str, str] | None:
    """The values of a pattern's fields in a path. A field has at least one character, none of them
    a slash; where a text may stand at several places, it is the last one that counts.

    In one pass from the end, whatever the path: it may be anybody's.
    """
    parts = _FIELD.split(pattern)
    texts, names = parts[::2], parts[1::2]
    if not path.endswith(texts[-1]):
        return None
    rest = path[: len(path) - len(texts[-1])]
    found: dict[str, str] = {}
    for name, text in zip(reversed(names[1:]), reversed(texts[1:-1]), strict=True):
        begin = rest.rfind(text, 0, max(len(rest) - 1, 0)) if text else -1
        if begin < 0:
            return None
        found[name], rest = rest[begin + len(text) :], rest[:begin]
    if names:
        if not rest.startswith(texts[0]):
            return None
        found[names[0]] = rest[len(texts[0]) :]
    elif rest:
        return None
    return found if all(value and "/" not in value for value in found.values()) else None


def root_of(group: str) -> str:
    """What tells a group of this name from others."""
    return _digest(f"group {group}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
