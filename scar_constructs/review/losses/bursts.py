"""What goes with the queue through which a function's files come."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.model import Function
from scar_constructs.review.losses.loss import Loss, Severity


def burst_losses(old: Function, new: Function) -> Iterator[Loss]:
    """Of a function that is there in both versions."""
    if old.burst is None or new.burst is not None:
        return
    what = "the queue of its files goes"
    if old.burst.retired:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what=f"{what}, after it was retired",
            why="only what is still in it is lost",
            instead="deploy when the queue is empty",
        )
        return
    yield Loss(
        severity=Severity.LOST,
        subject=old.name,
        what=what,
        why="the files in it start nothing, nor do those of which S3 tells it for minutes after",
        instead="write `burst: {retired: true}`, deploy, and remove it when the queue is empty",
    )
