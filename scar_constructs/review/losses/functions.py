"""What goes with a function, or with a change of one."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.model import Api, Function, Input
from scar_constructs.review.edges import folder
from scar_constructs.review.functions import Pair
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.losses.queues import queue_losses

_ACCEPTED = "what Lambda has accepted for it, up to six hours of retries, goes with it"
_HISTORY = "its log groups go too"
_RETIRE = "leave it with `retired: true` beside the new one, deploy, and remove it when it is idle"


def function_losses(pair: Pair) -> Iterator[Loss]:
    """Of one function in both versions."""
    if pair.before is None:
        return
    if pair.after is None:
        yield _gone(pair.old, "the function is removed")
    elif pair.is_renamed:
        yield _gone(pair.old, f"CloudFormation removes it and makes {pair.new.name}")
    elif pair.before.stack != pair.after.stack:
        yield _moved(pair)
    else:
        yield from _changed(pair.old, pair.new)


def _gone(function: Function, what: str) -> Loss:
    if function.retired:
        return Loss(
            severity=Severity.NOTE,
            subject=function.name,
            what=f"{what}, after it was retired",
            why=f"only what it still works on is lost; {_HISTORY}",
            instead="deploy when it is idle: docs/updates.md says how that is seen",
        )
    jobs = ", and its jobs that wait or run are ended" * function.execution_mode.runs_on_batch
    return Loss(
        severity=Severity.LOST,
        subject=function.name,
        what=what,
        why=f"{_ACCEPTED}{jobs}; {_HISTORY}",
        instead=_RETIRE,
    )


def _moved(pair: Pair) -> Loss:
    before, after = pair.before, pair.after
    places = f"from {before.stack if before else ''} to {after.stack if after else ''}"
    return Loss(
        severity=Severity.REFUSED,
        subject=pair.old.name,
        what=f"the function moves {places}",
        why="the stack that gets it cannot make a function whose name is taken",
        instead="give it another name in its new stack, and retire the old one",
    )


def _changed(old: Function, new: Function) -> Iterator[Loss]:
    before, after = old.execution_mode, new.execution_mode
    if before.runs_on_lambda != after.runs_on_lambda:
        yield Loss(
            severity=Severity.REFUSED,
            subject=old.name,
            what=f"the mode goes from {before.value} to {after.value}, and its package",
            why="the package type of a Lambda function never changes, and a named resource cannot "
            "be replaced in one deployment",
            instead=f"another name for the new one; {_RETIRE}",
        )
    elif before.runs_on_batch and not after.runs_on_batch:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"the mode goes from {before.value} to {after.value}: its queue goes",
            why="Batch ends the jobs of a queue that is deleted, and they may miss the failure "
            "queue; the log group of its jobs goes too",
            instead="stop the uploads and let the queue run empty first, or retire the function",
        )
    yield from queue_losses(old, new)
    yield from _folders(old, new)
    yield from _callers(old, new)
    yield from _history(old, new)
    if new.retired and not old.retired:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what="new files start it no more",
            why="it finishes what it has accepted",
            instead="remove it when it is idle: docs/updates.md says how that is seen",
        )


def _folders(old: Function, new: Function) -> Iterator[Loss]:
    """What waits was made for the old folders, to which the role has no right any more."""
    after = {(type(one), *new.place(one), one.folder) for one in new.folders}
    gone = [one for one in old.folders if (type(one), *old.place(one), one.folder) not in after]
    for one in gone:
        side = "input" if isinstance(one, Input) else "output"
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"{folder(one)} is no {side} any more",
            why="events and jobs that wait were made for it, and the role has no right to it; they "
            "fail, and reach the failure queue",
            instead=f"add the new {side} beside the old one, and remove the old one later",
        )


def _callers(old: Function, new: Function) -> Iterator[Loss]:
    was, now = old.api, new.api
    if was is None or was == now:
        return
    if now is None or was.stage != now.stage:
        yield _address(old.name, was, now)
    elif was.auth != now.auth or was.method != now.method:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what=f"its address takes {now.method} with `auth: {now.auth.value}`",
            why=f"so far it took {was.method} with `auth: {was.auth.value}`",
        )
    if now is not None and was.web_acl is not None and was.web_acl != now.web_acl:
        yield Loss(
            severity=Severity.NOTE,
            subject=old.name,
            what=f"its address is no longer behind {was.web_acl}",
            why=f"{now.web_acl} takes its place" if now.web_acl else "no web ACL is in front of it",
        )


def _address(name: str, was: Api, now: Api | None) -> Loss:
    what = "its HTTPS address goes"
    why = "callers get errors, and a new one has another address"
    if now is not None:
        what = f"its address ends in /{now.stage}/launch in place of /{was.stage}/launch"
        why = "callers of the old address get errors"
    return Loss(
        severity=Severity.LOST,
        subject=name,
        what=what,
        why=why,
        instead="tell the callers, or give the new address to a function of its own first",
    )


def _history(old: Function, new: Function) -> Iterator[Loss]:
    if new.log_retention_days < old.log_retention_days:
        yield Loss(
            severity=Severity.LOST,
            subject=old.name,
            what=f"logs stay {new.log_retention_days} days in place of {old.log_retention_days}",
            why="CloudWatch removes what is older",
            instead="export the logs first, if they are wanted",
        )
