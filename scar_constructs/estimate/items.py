"""The lines of an estimate, and their sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    """What a service charges for in a month."""

    service: str
    what: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """How long a file may take until another mode is the cheaper one; without `seconds` it never
    is, as long as Lambda lets a function run."""

    cheaper_below: str
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class FunctionCost:
    """A function in a month: `items` for its runs, `at_rest` for what is paid without any."""

    name: str
    stack: str
    region: str
    mode: str
    runs: float
    seconds: float
    items: tuple[Item, ...]
    at_rest: tuple[Item, ...]
    machine: str | None = None
    crossing: Crossing | None = None
    notes: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        return total(self.items)

    @property
    def usd_at_rest(self) -> float:
        return total(self.at_rest)

    @property
    def usd_per_thousand(self) -> float:
        """For a thousand runs; 0 if there are none."""
        return self.usd / self.runs * 1000 if self.runs else 0.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """All functions, and what the stacks pay `at_rest` for all of theirs together."""

    functions: tuple[FunctionCost, ...]
    at_rest: tuple[Item, ...]
    uploads: float
    assumptions: tuple[str, ...]
    not_counted: tuple[str, ...]
    prices: tuple[tuple[str, str, str], ...]
    """Each region with the dates of its oldest and newest price."""

    @property
    def usd(self) -> float:
        """For the runs of a month."""
        return sum(one.usd for one in self.functions)

    @property
    def usd_at_rest(self) -> float:
        """A month in which nothing runs."""
        return total(self.at_rest) + sum(one.usd_at_rest for one in self.functions)

    @property
    def usd_month(self) -> float:
        return self.usd + self.usd_at_rest

    @property
    def usd_per_thousand(self) -> float:
        """For a thousand uploaded files and all that comes of them."""
        return self.usd / self.uploads * 1000 if self.uploads else 0.0


def total(items: Iterable[Item]) -> float:
    return sum(one.usd for one in items)
