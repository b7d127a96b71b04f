"""All losses of a change, the worst first."""

from __future__ import annotations

from scar_constructs.review.functions import Pair
from scar_constructs.review.losses.buckets import bucket_losses
from scar_constructs.review.losses.functions import function_losses
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.losses.machines import machine_losses
from scar_constructs.review.losses.stacks import stack_losses
from scar_constructs.review.sides import Side

_ORDER = (Severity.REFUSED, Severity.LOST, Severity.NOTE)


def find_losses(found: tuple[Pair, ...], before: Side, after: Side) -> tuple[Loss, ...]:
    """What stands in docs/updates.md, for the functions, machines, buckets and stacks of both.

    Of a stack that no file makes any more nothing is removed, so that its functions lose nothing.
    """
    stacks = {view.stack.name for view in after.stacks}
    losses = [
        one
        for pair in found
        if pair.before is None or pair.after is not None or pair.before.stack in stacks
        for one in function_losses(pair)
    ]
    losses += machine_losses(found, before, after)
    losses += bucket_losses(before, after)
    losses += stack_losses(before, after)
    return tuple(sorted(losses, key=lambda one: _ORDER.index(one.severity)))
