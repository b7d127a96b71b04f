"""What goes with the queue through which a function's files come."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.model import Function
from scar_constructs.review.losses.loss import Loss, Severity


def queue_losses(old: Function, new: Function) -> Iterator[Loss]:
    """Of a function that is there in both versions."""
    if old.event_queue is None or new.event_queue is not None:
        return
    what = "the queue of its files goes"
    if old.event_queue.retired:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what=f"{what}, after it was retired",
            why="only what is still in it is lost",
            instead="deploy when the queue is empty",
        )
        return
    way = "`burst: {retired: true}`" if old.burst else "`queue: retired`"
    yield Loss(
        severity=Severity.LOST,
        subject=old.name,
        what=what,
        why="the files in it start nothing, nor do those of which S3 tells it for minutes after",
        instead=f"write {way}, deploy, and remove it when the queue is empty",
    )
