"""What AWS charges in a region, from `prices.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scar_constructs.errors import UserError
from scar_constructs.model.machines import Machine, machines
from scar_constructs.terminal import quote

TABLE = Path(__file__).parent / "prices.toml"
MAIN_REGION = "us-east-1"
"""The region whose prices stand in where another has none, and where no file names a region."""


@dataclass(frozen=True)
class Prices:
    """The prices of a region. `machines`: instance type -> USD an hour, given by the user."""

    region: str
    machines: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.region not in known_regions():
            known = ", ".join(known_regions())
            raise UserError(
                f"no prices are known of region {quote(self.region)}: give one of {known}, such as "
                f"`--region {MAIN_REGION}`, or renew the table (docs/cost.md)"
            )

    def usd(self, item: str) -> float:
        """The price of one unit of an item."""
        return float((self._own.get(item) or _regions()[MAIN_REGION][item])["usd"])

    @property
    def borrowed(self) -> tuple[str, ...]:
        """The items whose prices are those of the main region."""
        return tuple(sorted(_regions()[MAIN_REGION].keys() - self._own.keys()))

    @property
    def dates(self) -> tuple[str, str]:
        """When the oldest and the newest of the prices were read."""
        found = [one["as_of"] for one in _lines(self._own)]
        return min(found), max(found)

    def hour(self, machine: Machine) -> float | None:
        """What a machine costs on demand; None if that is not known."""
        if machine.name in self.machines:
            return self.machines[machine.name]
        table = self._own["ec2"]
        if machine.name in table:
            return float(table[machine.name]["usd"])
        large = f"{machine.name.partition('.')[0]}.large"
        if large not in table:
            return None
        (base,) = machines(large)
        return float(table[large]["usd"]) * machine.memory_mib / base.memory_mib

    @property
    def _own(self) -> Mapping[str, Any]:
        return _regions()[self.region]


def known_regions() -> tuple[str, ...]:
    """The regions in the table."""
    return tuple(sorted(_regions()))


@cache
def _regions() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["regions"]
    return found


def _lines(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All entries, those of the machines among them."""
    return [*(one for name, one in table.items() if name != "ec2"), *table["ec2"].values()]
