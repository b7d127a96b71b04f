"""What goes with queues and compute environments."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.model import ComputeType, Function, Sharing
from scar_constructs.review.functions import Pair
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.sides import Side

_Environment = tuple[Sharing, str]


def machine_losses(found: tuple[Pair, ...], before: Side, after: Side) -> Iterator[Loss]:
    """Of functions that go on having jobs."""
    kept = {view.stack.name: _environments(view.stack.functions) for view in after.stacks}
    for pair in found:
        if pair.before is None or pair.after is None or pair.is_renamed:
            continue
        if pair.before.stack != pair.after.stack:
            continue
        old, new = pair.old, pair.new
        if not (old.execution_mode.runs_on_batch and new.execution_mode.runs_on_batch):
            continue
        yield from _queue(old, new, kept[pair.after.stack])
    yield from _families(before, after)


def _environments(functions: tuple[Function, ...]) -> set[_Environment]:
    return {
        each.machines
        for one in functions
        if one.execution_mode.runs_on_batch
        for each in one.on_all_machines
    }


def _queue(old: Function, new: Function, kept: set[_Environment]) -> Iterator[Loss]:
    """Queues where jobs of the function may wait, and that nobody has any more."""
    for one in old.on_all_machines:
        if one.machines in {each.machines for each in new.on_all_machines}:
            continue
        if one.machines in kept:
            continue  # others go on using it, and the jobs there run
        is_former = one is not old
        yield Loss(
            severity=Severity.NOTE if is_former else Severity.LOST,
            subject=old.name,
            what=f"its jobs leave {_named(one.machines)}, and the queue goes",
            why="Batch ends the jobs that are left there; the failure queue is told, and `redrive` "
            "runs them again, but what they computed is lost",
            instead="deploy when the queue is empty"
            if is_former
            else "keep the block as it was under `batch.former`, deploy, and remove that later",
        )


def _named(machines: _Environment) -> str:
    kind, name = machines
    if kind is Sharing.COMMON:
        return f"the machines that functions of the file share ({name})"
    return f"the compute environment {name}" if kind is Sharing.NAMED else "machines of its own"


def _families(before: Side, after: Side) -> Iterator[Loss]:
    """Hosts and Fargate are never one environment: another takes its place, in the same queue."""
    old = {
        (view.stack.name, env): kind
        for view in before.stacks
        for env, kind in _types(view.stack.functions)
    }
    for view in after.stacks:
        for environment, kind in _types(view.stack.functions):
            was = old.get((view.stack.name, environment))
            if was is not None and was.is_fargate != kind.is_fargate:
                yield Loss(
                    severity=Severity.LOST,
                    subject=_named(environment),
                    what=f"{was.value} becomes {kind.value}: another compute environment",
                    why="Batch ends the jobs that run in the one that is replaced",
                    instead="let the queue run empty first, or name another `compute_environment` "
                    "and keep the old one under `batch.former`",
                )


def _types(functions: tuple[Function, ...]) -> Iterator[tuple[_Environment, ComputeType]]:
    for function in functions:
        if function.execution_mode.runs_on_batch and function.batch.managed:
            for one in function.on_all_machines:
                yield one.machines, one.batch.compute_resources.type
