"""What the two versions cost, by the same assumptions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scar_constructs.estimate import Assumptions, Cost, application_cost, known_regions
from scar_constructs.estimate.prices import MAIN_REGION
from scar_constructs.review.functions import Pair
from scar_constructs.review.sides import Side

_CENT = 0.005


@dataclass(frozen=True)
class Usd:
    """Before and after, in USD."""

    before: float
    after: float

    @property
    def is_changed(self) -> bool:
        """By more than rounding."""
        return abs(self.after - self.before) >= _CENT

    @property
    def is_more(self) -> bool:
        return self.after - self.before >= _CENT


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """`per_thousand`: for a thousand uploaded files and all that comes of them; `at_rest`: a month
    in which nothing runs. `functions`: those for a thousand runs of which the price changes."""

    per_thousand: Usd
    at_rest: Usd
    functions: tuple[tuple[str, Usd], ...]
    assumed: str

    @property
    def is_changed(self) -> bool:
        whole = self.per_thousand.is_changed or self.at_rest.is_changed
        return whole or bool(self.functions)

    @property
    def is_more(self) -> bool:
        return self.per_thousand.is_more or self.at_rest.is_more


def cost_change(
    found: tuple[Pair, ...], before: Side, after: Side, assumptions: Assumptions
) -> CostChange:
    """A region without prices is taken at those of the table's main one."""
    regions = {one.stack.region for version in (before, after) for one in version.stacks}
    borrowed = ""
    if unknown := sorted({*filter(None, regions)}.difference(known_regions())):
        assumptions = replace(assumptions, region=MAIN_REGION)
        borrowed = f", at the prices of {MAIN_REGION}, for want of those of {', '.join(unknown)}"
    old = application_cost(before.application, assumptions)
    new = application_cost(after.application, assumptions)
    return CostChange(
        per_thousand=Usd(old.usd_per_thousand, new.usd_per_thousand),
        at_rest=Usd(old.usd_at_rest, new.usd_at_rest),
        functions=tuple(_functions(found, old, new)),
        assumed=f"files of {assumptions.size:,.0f} bytes, {assumptions.seconds} s each, "
        f"{assumptions.files} a month{borrowed}",
    )


def _functions(found: tuple[Pair, ...], old: Cost, new: Cost) -> list[tuple[str, Usd]]:
    before = {one.name: one.usd_per_thousand for one in old.functions}
    after = {one.name: one.usd_per_thousand for one in new.functions}
    changes = []
    for pair in found:
        name = pair.new.name if pair.after else pair.old.name
        was = before[pair.old.name] if pair.before else 0.0
        now = after[pair.new.name] if pair.after else 0.0
        usd = Usd(was, now)
        if usd.is_changed:
            changes.append((name, usd))
    return changes
