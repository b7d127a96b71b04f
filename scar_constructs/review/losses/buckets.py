"""What goes with buckets, or with a change of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scar_constructs.language.workflow.join import Bucket
from scar_constructs.model import OWN
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.sides import Side


@dataclass(frozen=True)
class _Owned:
    stack: str
    bucket: Bucket


def bucket_losses(before: Side, after: Side) -> Iterator[Loss]:
    """Of buckets that the stacks made."""
    old, new = _owned(before), _owned(after)
    stacks = {view.stack.name for view in after.stacks}
    for name, was in old.items():
        now = new.get(name)
        if now is None:
            if was.stack in stacks:
                yield _left(name)
        elif now.stack != was.stack:
            yield _handed_over(name, was.stack, now.stack)
        else:
            yield from _changed(was.bucket, now.bucket)
    there = _used(before) - old.keys()
    yield from (_there_already(name, one.stack) for name, one in new.items() if name in there)
    yield from _keys(before, after)


def _used(version: Side) -> set[str]:
    """Buckets of the account that functions use."""
    return {
        one.bucket
        for view in version.functions.values()
        for one in view.function.folders
        if one.provider == OWN
    }


def _there_already(name: str, stack: str) -> Loss:
    return Loss(
        severity=Severity.REFUSED,
        subject=name,
        what=f"the stack {stack} makes the bucket, which is there already",
        why="no stack made it so far, and its name is taken",
        instead="leave `existing: true`, or give the bucket to the stack with "
        "`--import-existing-resources`",
    )


def _owned(version: Side) -> Mapping[str, _Owned]:
    return {
        bucket.name: _Owned(view.stack.name, bucket)
        for view in version.stacks
        for bucket in view.stack.buckets
    }


def _left(name: str) -> Loss:
    return Loss(
        severity=Severity.NOTE,
        subject=name,
        what="the bucket leaves the stack",
        why="it stays in the account with all its files, and costs as before",
        instead="remove it by hand if nobody wants it; `--import-existing-resources` takes it back",
    )


def _handed_over(name: str, was: str, now: str) -> Loss:
    return Loss(
        severity=Severity.REFUSED,
        subject=name,
        what=f"the bucket goes from the stack {was} to {now}",
        why="its name is taken until the old stack has left it, and files that come in between "
        "start nothing",
        instead=f"deploy {was} without it while no file comes, then {now} with "
        "`--import-existing-resources`; or leave it where it is with "
        "`buckets: {NAME: {owner: true}}`",
    )


def _changed(old: Bucket, new: Bucket) -> Iterator[Loss]:
    if old.event_bridge and not new.event_bridge:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what="the bucket goes back from EventBridge to notifications",
            why="the rules go before S3 has followed: files of some minutes start nothing",
            instead="`buckets: {NAME: {event_bridge: true}}` in the same deployment",
        )
    elif new.event_bridge and not old.event_bridge:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what="the bucket sends its events to EventBridge",
            why="a file of the moment of the change may run in both functions, the old way and the "
            "new",
        )
    was, now = old.settings.expire_days, new.settings.expire_days
    if now is not None and (was is None or now < was):
        before = f"in place of {was}" if was else "where they stayed"
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"files expire after {now} days {before}",
            why="that holds for what is there already: S3 removes what is older",
            instead="copy what is wanted to another bucket first",
        )
    if old.settings.versioned and not new.settings.versioned:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what="new files have no versions",
            why="what is overwritten or removed from now on is gone",
        )
    if old.settings.replicate_to and not new.settings.replicate_to:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what=f"new files are not copied to {old.settings.replicate_to} any more",
            why="the copies that are there stay",
        )


def _keys(before: Side, after: Side) -> Iterator[Loss]:
    """A key is a right as well: what lies under one that roles may not use is unreadable."""
    old = {name: key for view in before.stacks for name, key in view.stack.kms_keys.items()}
    new = {name: key for view in after.stacks for name, key in view.stack.kms_keys.items()}
    still = _used(after)
    for name, key in old.items():
        if name in still and new.get(name) != key:
            now = f"uses {new[name]}" if name in new else "has no key of yours"
            yield Loss(
                severity=Severity.LOST,
                subject=name,
                what=f"the bucket {now} in place of {key}",
                why="files that are there stay under the old key, which the roles may not use any "
                "more: functions cannot read them, and events that wait for them fail",
                instead="wait until the functions are idle, and copy the files that are still to "
                "be read onto themselves after the deployment",
            )
