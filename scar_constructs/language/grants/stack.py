"""All roles of a stack: those of its functions, and those that they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scar_constructs.language.grants.roles import (
    Surroundings,
    copy_objects,
    function_roles,
    run_agent,
)
from scar_constructs.language.grants.statements import Grant, write_flow_logs
from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import limits, names

API_LOGS_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""


@dataclass(frozen=True)
class Role:
    """A role that a stack makes. `owner`: the function, or what else it is for; `managed`: policies
    of AWS, by their names."""

    owner: str
    kind: str
    grants: tuple[Grant, ...]
    managed: tuple[str, ...] = ()


def surroundings(stack: Stack) -> Surroundings:
    """What the grants of the stack's functions depend on beside the functions."""
    return Surroundings(
        bucket_keys=stack.kms_keys,
        stack_key=stack.options.kms_key,
        helper_image=limits.HELPER_IMAGE,
    )


def stack_roles(stack: Stack) -> Iterator[Role]:
    """Every role that the stack's template has."""
    around = surroundings(stack)
    for function in stack.functions:
        for kind, grants in function_roles(function, around).items():
            yield Role(function.name, kind, grants)
    if any(one.starts_hosts for one in stack.functions):
        yield Role("the hosts of jobs", "host", tuple(run_agent()))
    if stack.options.flow_logs and any(one.needs_network for one in stack.functions):
        group = names.network_log_group(stack.name)
        yield Role("the network", "flow logs", (write_flow_logs(group),))
    if any(one.api for one in stack.functions):
        yield Role("API Gateway", "logs", (), (API_LOGS_POLICY,))
    for bucket in stack.buckets:
        if bucket.settings.replicate_to:
            copies = copy_objects(bucket.name, bucket.settings.replicate_to, bucket.settings)
            yield Role(f"the bucket {bucket.name}", "copies", tuple(copies))
