"""Which functions of one file share a compute environment, and what they say of it together.

- Functions that name the same environment share it, and must agree on it.
- Functions that say nothing of machines themselves share the file's own, one for each processor;
  what `defaults` say holds for it. Jobs with GPUs or over several hosts need other hosts.
- All others have their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar
from scar_constructs.model import Batch, ComputeResources, Sharing

_BLOCK = "batch.compute_resources"
_TOP = f"{_BLOCK}.max_v_cpus"
_FORMER = "batch.former"
Environment = tuple[Sharing, str]


def share_environments(
    functions: Sequence[ParsedFunction], base: Mapping | None
) -> tuple[ParsedFunction, ...]:
    """The functions, those that share a compute environment with the same settings of it.

    `base`: what the defaults say. Functions of one name that say different things are reported.
    """
    placed = [_placed(parsed, base) for parsed in functions]
    members: dict[Environment, list[ParsedFunction]] = {}
    for parsed in placed:
        for one in _on_batch(parsed):
            members.setdefault(one.function.machines, []).append(one)
    agreed = {
        environment: _agree(sharing)
        for environment, sharing in members.items()
        if environment[0] is not Sharing.OWN
    }
    return tuple(_with_resources(parsed, agreed) for parsed in placed)


def _placed(parsed: ParsedFunction, base: Mapping | None) -> ParsedFunction:
    """With the environment of its jobs, and with that of the jobs before."""
    batch = replace(parsed.function.batch, says_nothing=_says_nothing(parsed, base))
    made = _with_batch(parsed, batch)
    if parsed.former is None:
        return made
    former = _placed(parsed.former, base)
    if former.function.machines == made.function.machines:
        node = parsed.own.find(_FORMER) or parsed.own
        message = "has no effect: jobs go to the same environment as before"
        parsed.section.report.add(
            problem(
                "setting-without-effect", node.path, node.position, message, "", "remove the key"
            )
        )
        return replace(made, former=None)
    return replace(made, former=former)


def _says_nothing(parsed: ParsedFunction, base: Mapping | None) -> bool:
    """Whether a function says nothing of its machines that the defaults do not say."""
    batch, own = parsed.function.batch, parsed.own
    if batch.gpus or batch.multi_node or own.find(_BLOCK) is not None:
        return False
    for key, usual in (("batch.type", "MANAGED"), ("batch.state", "ENABLED")):
        node, common = own.find(key), base.find(key) if base else None
        expected = common.value if isinstance(common, Scalar) else usual
        if isinstance(node, Scalar) and node.value != expected:
            return False
    return True


def _on_batch(parsed: ParsedFunction) -> Iterator[ParsedFunction]:
    """The function, and the function as it was, if it has jobs."""
    if parsed.function.execution_mode.runs_on_batch:
        yield parsed
        if parsed.former is not None:
            yield parsed.former


def _agree(sharing: Sequence[ParsedFunction]) -> ComputeResources:
    """What the functions say of their machines; a problem for each that says something else.

    A function that says nothing takes what the others say. Without a `max_v_cpus`, an environment
    with a name holds the largest of their jobs, and that of the file what all would have alone.
    """
    speaking = [parsed for parsed in sharing if parsed.section.find(_BLOCK) is not None]
    first = (speaking or sharing)[0]
    bound = [parsed for parsed in speaking if parsed.section.find(_TOP) is not None]
    jobs = [_resources(parsed).max_vcpus for parsed in bound or sharing]
    is_named = first.function.machines[0] is Sharing.NAMED
    most = max(jobs) if is_named or bound else sum(jobs)
    agreed = replace(_resources(first), max_vcpus=most)
    for parsed in sharing if is_named else ():
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
        own = replace(own, max_vcpus=agreed.max_vcpus)
    return None if own == agreed else block


def _resources(parsed: ParsedFunction) -> ComputeResources:
    return parsed.function.batch.compute_resources


def _with_resources(
    parsed: ParsedFunction, agreed: dict[Environment, ComputeResources]
) -> ParsedFunction:
    """With what was agreed on, also for the jobs before."""
    if not parsed.function.execution_mode.runs_on_batch:
        return parsed
    former: Batch | None = None
    if parsed.former is not None:
        former = _with_resources(parsed.former, agreed).function.batch
    resources = agreed.get(parsed.function.machines, _resources(parsed))
    return _with_batch(
        parsed, replace(parsed.function.batch, compute_resources=resources, former=former)
    )


def _with_batch(parsed: ParsedFunction, batch: Batch) -> ParsedFunction:
    return replace(parsed, function=replace(parsed.function, batch=batch))
