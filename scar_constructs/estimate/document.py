"""An estimate as a document for programs, and its amounts for people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from scar_constructs.estimate.items import Cost, FunctionCost, Item

VERSION = 1


def document(cost: Cost) -> dict[str, Any]:
    """The form that docs/cost.md describes."""
    return {
        "version": VERSION,
        "currency": "USD",
        "prices": [
            {"region": region, "oldest": oldest, "newest": newest}
            for region, oldest, newest in cost.prices
        ],
        "functions": [_function(one) for one in cost.functions],
        "at_rest": _items(cost.at_rest),
        "totals": {
            "uploads": cost.uploads,
            "usd_per_thousand_uploads": exact(cost.usd_per_thousand),
            "usd_runs": exact(cost.usd),
            "usd_at_rest": exact(cost.usd_at_rest),
            "usd_month": exact(cost.usd_month),
        },
        "assumptions": list(cost.assumptions),
        "not_counted": list(cost.not_counted),
    }


def _function(one: FunctionCost) -> dict[str, Any]:
    return {
        "name": one.name,
        "stack": one.stack,
        "region": one.region,
        "mode": one.mode,
        "machine": one.machine,
        "runs": one.runs,
        "seconds": one.seconds,
        "usd_per_thousand_runs": exact(one.usd_per_thousand),
        "usd_runs": exact(one.usd),
        "usd_at_rest": exact(one.usd_at_rest),
        "crossing": asdict(one.crossing) if one.crossing else None,
        "items": _items(one.items),
        "at_rest": _items(one.at_rest),
        "notes": list(one.notes),
    }


def _items(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [asdict(one) | {"usd": exact(one.usd)} for one in items]


def exact(usd: float) -> float:
    """Without the noise of binary fractions; far below what is ever billed."""
    return round(usd, 10)


def money(usd: float) -> str:
    """Whole cents from a dollar up; below, four digits that count."""
    if usd == 0:
        return "0"
    if abs(usd) >= 1:
        return f"{usd:,.2f}"
    return f"{usd:.{3 - math.floor(math.log10(abs(usd)))}f}"
