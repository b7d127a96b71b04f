"""Checks of the machines and of the network that a function's jobs run in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.model import OWN, Input, Output

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


def check_way_out(parsed: ParsedFunction) -> Iterator[Problem]:
    """Nodes of one job have interfaces of their own, and those get no public address: from the
    public subnets made for jobs they reach S3, through its gateway endpoint, and nothing else.

    Pulling images, writing logs and `batch.secrets` are the host's work, which has an address.
    """
    batch = parsed.function.batch
    if batch.multi_node is None or batch.compute_resources.subnets:
        return
    if parsed.function.secrets:
        node = parsed.section.find("lambda.secrets") or parsed.section.node
        yield _no_way_to("Secrets Manager and Parameter Store", Located(node.path, node.position))
    beyond = set(_beyond_the_endpoint(parsed))
    folders: list[tuple[Input | Output, Located]] = [
        *zip(parsed.function.inputs, parsed.inputs_at, strict=True),
        *zip(parsed.function.outputs, parsed.outputs_at, strict=True),
    ]
    for folder, at in folders:
        if folder.provider in beyond:
            yield _no_way_to(folder.provider, at)


def _beyond_the_endpoint(parsed: ParsedFunction) -> Iterator[str]:
    """The storage providers of which one needs more than S3 in the stack's own region."""
    region = parsed.section.text("lambda.region")
    for one in parsed.function.storage_providers:
        if one.kind != OWN or one.secret is not None or one.region not in (None, region):
            yield one.name


def _no_way_to(place: str, at: Located) -> Problem:
    message = (
        f"the nodes of a job cannot reach {place}: in the network made for jobs they have no "
        "public addresses, and reach S3 of its region only"
    )
    fix = "name subnets with a NAT gateway: `batch: {compute_resources: {subnets: [...]}}`"
    return problem("nodes-without-way-out", at.path, at.position, message, "", fix)


MACHINE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_vcpus_at_the_start,
    check_way_out,
)
