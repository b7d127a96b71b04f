"""Amounts and sizes that options give."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from scar_constructs.terminal import shorten

if TYPE_CHECKING:
    from scar_constructs.estimate import Amounts, Assumptions

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
"""More digits than a file has bytes or a year has seconds are a slip, and end in infinity."""
_SIZE_MAX_BYTES = 1e15
MANY = "[FUNCTION=]N"
"""How the options are described."""


def amounts(
    option: str, values: Sequence[str], example: str, *, needs_name: bool = False
) -> Amounts:
    """`N` for all, `NAME=N` for one of them. Raises UsageError for anything else."""
    from scar_constructs.estimate import Amounts

    default, by_name = float(example) if not needs_name else 0.0, {}
    if option == "--files" and not any("=" not in value for value in values):
        default = 0.0  # only those that are named get files
    for value in values:
        name, _, text = value.rpartition("=")
        if not _NUMBER.fullmatch(text) or (needs_name and not name):
            shown = f"{option} {example}"
            fits = "`TYPE=USD`" if needs_name else "a number, or `FUNCTION=` and a number"
            raise click.UsageError(
                f"{option} {shorten(value)!r} is not {fits}; write for example {shown}"
            )
        if name:
            by_name[name] = float(text)
        else:
            default = float(text)
    return Amounts(default, by_name)


def size_in_bytes(text: str) -> float:
    """Of a text such as `1.5MB` or `200KiB`. Raises UsageError."""
    found = _SIZE.match(text.strip())
    if found is None:
        raise click.UsageError(
            f"--size {shorten(text)!r} is no size; write for example --size 1.5MB"
        )
    number, unit, binary = found.groups()
    base = 1024.0 if binary else 1000.0
    size = float(number) * math.pow(base, " kmgt".index(unit.lower() or " "))
    if size > _SIZE_MAX_BYTES:
        raise click.UsageError(
            f"--size {shorten(text)!r} is larger than any file; write for example --size 1.5MB"
        )
    return size


def require_functions(known: Sequence[str], assumptions: Assumptions) -> None:
    """Raise UsageError for an option that names what is no function. `known`: the functions."""
    given = (
        ("--files", assumptions.files),
        ("--seconds", assumptions.seconds),
        ("--outputs", assumptions.outputs),
    )
    for option, named in given:
        for name in (one for one in named.by_function if one not in known):
            raise click.UsageError(
                f"{option}: the files have no function {name!r}, but {', '.join(known)}; write "
                f"for example {option} {(*known, 'NAME')[0]}=5"
            )
