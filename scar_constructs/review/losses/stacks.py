"""What goes with a stack, or with a change of what its functions share."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import Alarms
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.sides import Side


def stack_losses(before: Side, after: Side) -> Iterator[Loss]:
    """Of stacks that were there."""
    for view in before.stacks:
        now = after.stack(view.stack.name)
        if now is None:
            yield _removed(view.stack)
        elif now.stack.region != view.stack.region:
            yield _elsewhere(view.stack, now.stack)
        else:
            yield from _changed(view.stack, now.stack)
            yield from _failed_jobs(view.stack, now.stack)


def _removed(stack: Stack) -> Loss:
    return Loss(
        severity=Severity.NOTE,
        subject=stack.name,
        what="no file makes this stack any more",
        why="`scar deploy` leaves it as it is: its functions go on, and keep their names and "
        "buckets from other stacks",
        instead="`scar destroy` with the files as they were removes it; its buckets stay, its "
        "failure queue and what Lambda has accepted go",
    )


def _elsewhere(old: Stack, new: Stack) -> Loss:
    regions = [one.region or "the region of the command line" for one in (old, new)]
    return Loss(
        severity=Severity.REFUSED if old.buckets else Severity.NOTE,
        subject=old.name,
        what=f"the stack goes from {regions[0]} to {regions[1]}",
        why="CloudFormation makes a second stack there and leaves the first one; names of buckets "
        "are taken in all regions",
        instead="destroy the old stack first, when it is idle; its buckets stay where they are, so "
        "that new names are needed",
    )


def _failed_jobs(old: Stack, new: Stack) -> Iterator[Loss]:
    """The queue for what rules tell of is there only as long as there are jobs or rules."""
    if old.has_service_failures and not new.has_service_failures:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what="the queue of failed jobs, and of events that were not delivered, is removed",
            why="no function has jobs or rules any more; what waits in it goes with it",
            instead="`scar failures` shows what waits, and `scar redrive` gives it to its "
            "functions; deploy when the queue is empty",
        )


def _changed(old: Stack, new: Stack) -> Iterator[Loss]:
    if old.options.spool != new.options.spool:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"the spool is {new.options.spool or 'a bucket without a name'} in place of "
            f"{old.options.spool or 'one without a name'}",
            why="claims and the events of waiting jobs are in the old one: jobs that wait fail, "
            "and an event that is delivered again runs again",
            instead="let all functions run idle first",
        )
    if old.options.kms_key != new.options.kms_key and old.options.kms_key:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"{new.options.kms_key or 'no key of yours'} in place of {old.options.kms_key}",
            why="failed events and claims that are there stay under the old key, which the roles "
            "may not use any more",
            instead="redrive or empty the failure queue first, when the functions are idle",
        )
    yield from _alarms(old.options.alarms, new.options.alarms, old.name)
    if _logs_flows(old) and not _logs_flows(new):
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what="the flow logs of the network are removed",
            why="their log group goes with them",
            instead="export them first, if they are wanted",
        )


def _logs_flows(stack: Stack) -> bool:
    """Whether the stack logs the network of jobs."""
    return stack.options.flow_logs and any(one.needs_network for one in stack.functions)


def _alarms(old: Alarms | None, new: Alarms | None, stack: str) -> Iterator[Loss]:
    if old and not new:
        yield Loss(
            severity=Severity.NOTE,
            subject=stack,
            what="nobody is told of failed events any more",
            why="`alarms` is gone",
        )
    elif new and new.email and (old is None or new.email != old.email):
        yield Loss(
            severity=Severity.NOTE,
            subject=stack,
            what=f"alarms go to {new.email}",
            why="AWS sends nothing there until the address has confirmed the mail that it gets",
            instead="confirm it after the deployment",
        )
    elif old and new and new.topic and new.topic != old.topic:
        yield Loss(
            severity=Severity.NOTE,
            subject=stack,
            what=f"alarms go to {new.topic}",
            why=f"{old.email or old.topic} gets none any more",
        )
