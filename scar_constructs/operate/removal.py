"""Stacks of workflows, removed by CloudFormation. Buckets with files stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from botocore.exceptions import WaiterError

from scar_constructs.errors import UserError
from scar_constructs.operate.session import Session

_POLLS = {"Delay": 2, "MaxAttempts": 1800}


def remove(session: Session, stacks: Sequence[str], told: Callable[[str], None]) -> None:
    """Delete the stacks one after the other, and wait for each. Raises `UserError` where
    CloudFormation could not."""
    cloudformation = session.client("cloudformation")
    for name in stacks:
        told(f"removing {name}")
        cloudformation.delete_stack(StackName=name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig=_POLLS
            )
        except WaiterError as error:
            found = error.last_response.get("Stacks") or [{}]
            reason = found[0].get("StackStatusReason") or str(error)
            raise UserError(f"stack {name} could not be removed: {reason}") from error
