"""Checks of the machines and of the network that a function's jobs run in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.fdl.errors import Problem
from scar_constructs.fdl.functions import ParsedFunction
from scar_constructs.fdl.rules import fault

_RESOURCES = "batch.compute_resources"


def check_vcpus_at_the_start(parsed: ParsedFunction) -> Iterator[Problem]:
    """A number that only the first deployment of an environment can hold."""
    node = parsed.section.find(f"{_RESOURCES}.desired_v_cpus")
    wanted = parsed.function.batch.compute_resources
    if node is None or not wanted.desired_vcpus or wanted.type.is_fargate:
        return
    message = (
        "updates of the environment fail while its jobs use more, because Batch cannot be scaled "
        "down by hand"
    )
    yield fault("desired-vcpus", node, message, "remove it; `min_v_cpus` keeps machines ready")


MACHINE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_vcpus_at_the_start,
)
