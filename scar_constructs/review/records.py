"""Frozen dataclasses to what JSON has, and back, by the types of their fields."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints


def plain(value: Any) -> Any:
    """A record as mappings, lists and scalars; equal records give equal results."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) or hasattr(value, "_asdict"):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Path):
        return value.name  # where the files lay is nothing of theirs
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _names(kind: type) -> list[str]:
    return [one.name for one in fields(kind)] if is_dataclass(kind) else list(kind._fields)  # type: ignore[attr-defined]


def record(value: Any, kind: Any) -> Any:
    """What `plain` has made of a value of this type. Raises ValueError for anything else."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _any_of(value, inner)
    if origin is tuple:
        return _tuple(value, inner)
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise ValueError("no mapping")
        return {name: record(one, inner[1]) for name, one in value.items()}
    if is_dataclass(kind):
        return _dataclass(value, kind)
    return _scalar(value, kind)


def _any_of(value: Any, kinds: tuple[Any, ...]) -> Any:
    for kind in kinds:
        if kind is type(None):
            if value is None:
                return None
            continue
        try:
            return record(value, kind)
        except ValueError:
            continue
    raise ValueError("none of the types")


def _tuple(value: Any, inner: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError("no list")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(record(one, inner[0]) for one in value)
    if len(value) != len(inner):
        raise ValueError("another length")
    return tuple(record(one, kind) for one, kind in zip(value, inner, strict=True))


def _dataclass(value: Any, kind: Any) -> Any:
    """An earlier version did not know all fields; those that it lacks are as they are by default. A
    field that only a later version knows may change what the others mean."""
    hints = _hints(kind)
    if not isinstance(value, dict) or not _required(kind) <= value.keys() <= hints.keys():
        raise ValueError(f"no {kind.__name__}")
    return kind(**{name: record(one, hints[name]) for name, one in value.items()})


@cache
def _required(kind: Any) -> frozenset[str]:
    return frozenset(
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    )


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _scalar(value: Any, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is kind:
        return value
    raise ValueError(f"no {getattr(kind, '__name__', kind)}")
