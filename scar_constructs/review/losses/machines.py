"""What goes with queues and compute environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scar_constructs.model import ComputeType, Function, Sharing
from scar_constructs.review.functions import Pair
from scar_constructs.review.losses.loss import Loss, Severity
from scar_constructs.review.sides import Side

_Environment = tuple[Sharing, str]
_OTHER_NAME = "name another `compute_environment` and keep the old block under `batch.former`"


@dataclass(frozen=True)
class _Capacity:
    """What an environment runs jobs on: a type, or UNMANAGED for hosts of the user's own."""

    kind: str
    subnets: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()

    @property
    def is_fargate(self) -> bool:
        return self.kind in (ComputeType.FARGATE, ComputeType.FARGATE_SPOT)

    @property
    def has_hosts(self) -> bool:
        """Hosts that Batch starts."""
        return self.kind in (ComputeType.EC2, ComputeType.SPOT)


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
    yield from _replaced(before, after)


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


def _replaced(before: Side, after: Side) -> Iterator[Loss]:
    """Environments that stay, and cannot become what they are to be: another takes the place of
    each, in the same queue. Batch updates hosts in place, and of Fargate little; CloudFormation is
    told to replace what is Fargate afterwards (`ReplaceComputeEnvironment`)."""
    for view in after.stacks:
        former = before.stack(view.stack.name)
        old = _capacities(former.stack.functions) if former else {}
        for environment, now in _capacities(view.stack.functions).items():
            was = old.get(environment)
            if was is not None and _is_replaced(was, now):
                yield _another(view.stack.name, environment, was, now)


def _another(stack: str, environment: _Environment, was: _Capacity, now: _Capacity) -> Loss:
    subject = environment[1] if environment[0] is Sharing.OWN else stack
    becomes = f"{was.kind} becomes {now.kind}"
    if was.kind == now.kind:
        becomes = f"{now.kind} has other subnets or security groups"
    if was.is_fargate and now.has_hosts:
        return Loss(
            severity=Severity.REFUSED,
            subject=subject,
            what=f"{_named(environment)}: {becomes}",
            why="CloudFormation updates hosts in place, and Batch updates no Fargate to hosts",
            instead=f"{_OTHER_NAME}; or `retired: true`, and a new function",
        )
    return Loss(
        severity=Severity.LOST,
        subject=subject,
        what=f"{_named(environment)}: {becomes}, in another compute environment",
        why="Batch ends the jobs that run in the one that is replaced",
        instead=f"let the queue run empty first, or {_OTHER_NAME}",
    )


def _is_replaced(was: _Capacity, now: _Capacity) -> bool:
    return was != now and not (was.has_hosts and now.has_hosts)


def _capacities(functions: tuple[Function, ...]) -> dict[_Environment, _Capacity]:
    return {
        one.machines: _capacity(one)
        for function in functions
        if function.execution_mode.runs_on_batch
        for one in function.on_all_machines
    }


def _capacity(function: Function) -> _Capacity:
    resources = function.batch.compute_resources
    if not function.batch.managed:
        return _Capacity("UNMANAGED")
    return _Capacity(resources.type.value, resources.subnets, resources.security_group_ids)
