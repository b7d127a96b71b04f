"""Two versions of workflows to one review."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from scar_constructs.estimate import Assumptions
from scar_constructs.language import Problem
from scar_constructs.review.cost import CostChange, cost_change
from scar_constructs.review.edges import EdgeChange, edge_changes
from scar_constructs.review.functions import Change, FunctionChange, function_changes, pairs
from scar_constructs.review.losses import Loss, find_losses
from scar_constructs.review.quotas import QuotaChange, quota_changes
from scar_constructs.review.rights import RoleChange, opened, role_changes
from scar_constructs.review.sides import Side
from scar_constructs.review.stacks import StackChange, stack_changes

_PLACE = re.compile(r"[^\s(]*:\d+(?::\d+)?")


@dataclass(frozen=True, kw_only=True)
class Review:
    """All that changed. `before`, `after`: what the two versions are called."""

    before: str
    after: str
    stacks: tuple[StackChange, ...]
    functions: tuple[FunctionChange, ...]
    edges: tuple[EdgeChange, ...]
    roles: tuple[RoleChange, ...]
    opened: tuple[tuple[str, str], ...]
    losses: tuple[Loss, ...]
    quotas: tuple[QuotaChange, ...]
    cost: CostChange
    warnings: tuple[Problem, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed that anybody would notice."""
        changes = (self.stacks, self.functions, self.edges, self.roles, self.losses, self.warnings)
        return not any(changes) and not self.cost.is_changed

    @property
    def gains(self) -> bool:
        """Whether a role, or a caller, may do more than before."""
        more = any(one.is_gain or one.replaced for one in self.roles)
        return more or bool(self.opened)

    @property
    def loses(self) -> bool:
        return any(one.is_danger for one in self.losses)

    @property
    def verdict(self) -> dict[str, bool]:
        """What a reviewer may ask for -> whether the change has it."""
        return {"rights": self.gains, "loss": self.loses, "cost": self.cost.is_more}

    def count(self, change: Change) -> int:
        """How many functions have changed so."""
        return sum(one.change is change for one in self.functions)


def review(before: Side, after: Side, assumptions: Assumptions) -> Review:
    """What changed between the two; the cost by the assumptions."""
    found = pairs(before, after)
    return Review(
        before=before.label,
        after=after.label,
        stacks=tuple(stack_changes(before, after)),
        functions=tuple(function_changes(found)),
        edges=tuple(edge_changes(found, before, after)),
        roles=tuple(role_changes(found, before, after)),
        opened=tuple(opened(found)),
        losses=find_losses(found, before, after),
        quotas=tuple(quota_changes(before.application, after.application)),
        cost=cost_change(found, before, after, assumptions),
        warnings=tuple(_new(before.warnings, after.warnings)),
    )


def _new(before: tuple[Problem, ...], after: tuple[Problem, ...]) -> list[Problem]:
    """Warnings that were not there, wherever they stand."""
    known = Counter(map(_about, before))
    found = []
    for one in after:
        key = _about(one)
        if known[key]:
            known[key] -= 1
        else:
            found.append(one)
    return found


def _about(one: Problem) -> tuple[str, str, str]:
    """What a warning says, without the places that it names."""
    return one.rule, _PLACE.sub("", one.message.replace(one.file, "")), one.got
