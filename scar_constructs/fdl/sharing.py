"""Functions of one file that name the same compute environment share it, and must agree on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scar_constructs.fdl.functions import ParsedFunction
from scar_constructs.fdl.models import ComputeResources
from scar_constructs.fdl.nodes import Node
from scar_constructs.fdl.rules import problem

_BLOCK = "batch.compute_resources"
_TOP = f"{_BLOCK}.max_v_cpus"


def share_environments(functions: Sequence[ParsedFunction]) -> tuple[ParsedFunction, ...]:
    """The functions, those that share a compute environment with the same settings of it.

    A function that says nothing of the machines takes what the others say; two that say different
    things are reported. Without a `max_v_cpus` the environment holds the largest of their jobs.
    """
    members: dict[str, list[ParsedFunction]] = {}
    for parsed in functions:
        name = parsed.function.batch.compute_environment
        if name is not None and parsed.function.execution_mode.runs_on_batch:
            members.setdefault(name, []).append(parsed)
    agreed = {
        parsed.function.name: resources
        for sharing in members.values()
        for resources in [_agree(sharing)]
        for parsed in sharing
    }
    return tuple(
        _with_resources(parsed, agreed[parsed.function.name])
        if parsed.function.name in agreed
        else parsed
        for parsed in functions
    )


def _agree(sharing: Sequence[ParsedFunction]) -> ComputeResources:
    """What the functions say of their machines; a problem for each that says something else."""
    speaking = [parsed for parsed in sharing if parsed.section.find(_BLOCK) is not None]
    first = (speaking or sharing)[0]
    bound = [parsed for parsed in speaking if parsed.section.find(_TOP) is not None]
    jobs = [parsed.function.batch.compute_resources.max_vcpus for parsed in bound or sharing]
    agreed = _resources(first).model_copy(update={"max_vcpus": max(jobs)})
    for parsed in sharing:
        node = _difference(parsed, first, agreed)
        if node is not None:
            parsed.section.report.add(
                problem(
                    "compute-environment-differs",
                    node.path,
                    node.position,
                    f"must be the same as for {first.function.name}, which shares the compute "
                    f"environment {parsed.function.batch.compute_environment}",
                    "",
                    "leave `compute_resources` in one function, or name another environment",
                )
            )
    return agreed


def _difference(
    parsed: ParsedFunction, first: ParsedFunction, agreed: ComputeResources
) -> Node | None:
    """The node that says something else of the environment than the first function does."""
    if parsed.function.architecture != first.function.architecture:
        return parsed.section.find("lambda.architectures") or parsed.section.node
    if parsed.function.batch.enabled != first.function.batch.enabled:
        return parsed.section.find("batch.state") or parsed.section.node
    if parsed.function.batch.managed != first.function.batch.managed:
        return parsed.section.find("batch.type") or parsed.section.node
    block = parsed.section.find(_BLOCK)
    if block is None:
        return None
    own = _resources(parsed)
    if parsed.section.find(_TOP) is None:
        own = own.model_copy(update={"max_vcpus": agreed.max_vcpus})
    return None if own == agreed else block


def _resources(parsed: ParsedFunction) -> ComputeResources:
    return parsed.function.batch.compute_resources


def _with_resources(parsed: ParsedFunction, resources: ComputeResources) -> ParsedFunction:
    batch = parsed.function.batch.model_copy(update={"compute_resources": resources})
    return replace(parsed, function=parsed.function.model_copy(update={"batch": batch}))
