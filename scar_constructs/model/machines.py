"""How large EC2's machines are, from a table that is read when it is first asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

BUNDLES = {
    "default_x86_64": ("m6i", "c6i", "r6i", "c7i"),
    "default_arm64": ("m6g", "c6g", "r6g", "c7g"),
    "optimal": ("m6i", "c6i", "r6i", "c7i", "m5", "c5", "r5", "m4", "c4", "r4"),
}
"""Families that Batch chooses from; `optimal` has changed, and is taken for all that it was.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
"""
_TABLE = Path(__file__).parent / "machines.txt"


@dataclass(frozen=True)
class Machine:
    """An instance type; memory is what it is sold with."""

    name: str
    vcpus: int
    memory_mib: int
    gpus: int


@lru_cache(maxsize=256)
def machines(word: str) -> tuple[Machine, ...]:
    """Those that a type, a family or a bundle stands for; none if the table does not know them."""
    if word in BUNDLES:
        return tuple(one for family in BUNDLES[word] for one in machines(family))
    family = word.partition(".")[0]
    return tuple(one for one in _family(family) if word in (family, one.name))


@cache
def _lines() -> dict[str, str]:
    """The entries of each family."""
    lines = _TABLE.read_text(encoding="ascii").splitlines()
    parts = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {family: entries for family, _, entries in parts}


@cache
def _family(family: str) -> tuple[Machine, ...]:
    entries = _lines().get(family)
    return members(family, entries) if entries else ()


def members(family: str, entries: str) -> tuple[Machine, ...]:
    """A line of the table after its first word."""
    ratio, *sizes = entries.split(" ")
    return tuple(_machine(family, int(ratio), size) for size in sizes)


def _machine(family: str, ratio: int, entry: str) -> Machine:
    """One of c4, whose ratio is 1920, from `8x=36:61440`: what is not said follows."""
    parts = re.split(r"([=:*])", entry)
    said = dict(zip(parts[1::2], map(int, parts[2::2]), strict=True))
    size = parts[0]
    vcpus = said.get("=", _vcpus(size))
    return Machine(
        name=f"{family}.{size}large" if size.endswith("x") else f"{family}.{size}",
        vcpus=vcpus,
        memory_mib=said.get(":", vcpus * ratio),
        gpus=said.get("*", 0),
    )


def _vcpus(size: str) -> int:
    """4 for each `x`: of `x`, `2x` and `metal-2xl`."""
    return {"medium": 1, "large": 2}.get(size, 4 * int(re.sub(r"\D", "", size) or 1))
