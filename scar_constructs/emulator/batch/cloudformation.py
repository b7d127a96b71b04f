"""AWS::Batch resource types of CloudFormation, on top of Batch's own operations.

A handler's `create` takes (logical id, properties, stack name) and returns the physical id and the
attributes for Fn::GetAtt; `update` takes (physical id, old, new, stack name); `delete` takes
(physical id, properties).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scar_constructs.emulator.batch.api import BatchApi

Created = tuple[str, dict[str, str]]
NameFor = Callable[[str, str], str]
"""(stack name, logical id) -> the physical name of a resource that the template does not name"""

_USERS_KEYS = frozenset({"tags", "parameters", "options"})
"""Maps whose keys are the user's, not CloudFormation's."""


@dataclass(frozen=True)
class ResourceType:
    """The handlers of one resource type."""

    create: Callable[[str, Mapping[str, Any], str], Created]
    update: Callable[[str, Mapping[str, Any], Mapping[str, Any], str], Created]
    delete: Callable[[str, Mapping[str, Any]], None]


def resource_types(api: BatchApi, name_for: NameFor) -> dict[str, ResourceType]:
    return {
        "AWS::Batch::ComputeEnvironment": _compute_environment(api, name_for),
        "AWS::Batch::JobQueue": _job_queue(api, name_for),
        "AWS::Batch::JobDefinition": _job_definition(api, name_for),
        "AWS::Batch::SchedulingPolicy": _scheduling_policy(api, name_for),
    }


def to_request(properties: Any) -> Any:
    """Template properties in the spelling of the API: every key with a small first letter."""
    if isinstance(properties, list):
        return [to_request(entry) for entry in properties]
    if not isinstance(properties, Mapping):
        return properties
    request = {}
    for name, value in properties.items():
        small = name[:1].lower() + name[1:]
        request[small] = value if small in _USERS_KEYS else to_request(value)
    return request


def _compute_environment(api: BatchApi, name_for: NameFor) -> ResourceType:
    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
        request = {"computeEnvironmentName": name_for(stack, logical_id), **to_request(properties)}
        arn = api.create_compute_environment(request)["computeEnvironmentArn"]
        return arn, {"ComputeEnvironmentArn": arn}

    def update(arn: str, _: Mapping[str, Any], new: Mapping[str, Any], __: str) -> Created:
        api.update_compute_environment({**to_request(new), "computeEnvironment": arn})
        return arn, {"ComputeEnvironmentArn": arn}

    def delete(arn: str, _: Mapping[str, Any]) -> None:
        api.delete_compute_environment({"computeEnvironment": arn})

    return ResourceType(create, update, delete)


def _job_queue(api: BatchApi, name_for: NameFor) -> ResourceType:
    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
        request = {"jobQueueName": name_for(stack, logical_id), **to_request(properties)}
        arn = api.create_job_queue(request)["jobQueueArn"]
        return arn, {"JobQueueArn": arn}

    def update(arn: str, old: Mapping[str, Any], new: Mapping[str, Any], _: str) -> Created:
        request = {**to_request(new), "jobQueue": arn}
        if "SchedulingPolicyArn" in old:
            request.setdefault("schedulingPolicyArn", None)
        api.update_job_queue(request)
        return arn, {"JobQueueArn": arn}

    def delete(arn: str, _: Mapping[str, Any]) -> None:
        api.delete_job_queue({"jobQueue": arn})

    return ResourceType(create, update, delete)


def _scheduling_policy(api: BatchApi, name_for: NameFor) -> ResourceType:
    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
        request = {"name": name_for(stack, logical_id), **to_request(properties)}
        arn = api.policies.create(request)["arn"]
        return arn, {"Arn": arn}

    def update(arn: str, _: Mapping[str, Any], new: Mapping[str, Any], __: str) -> Created:
        api.policies.update({**to_request(new), "arn": arn})
        return arn, {"Arn": arn}

    def delete(arn: str, _: Mapping[str, Any]) -> None:
        api.policies.delete({"arn": arn})

    return ResourceType(create, update, delete)


def _job_definition(api: BatchApi, name_for: NameFor) -> ResourceType:
    kept: set[str] = set()
    """Revisions that CloudFormation takes for replaced after an update, and that are to stay."""

    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
        request = {"jobDefinitionName": name_for(stack, logical_id), **to_request(properties)}
        arn = api.register_job_definition(request)["jobDefinitionArn"]
        return arn, {"JobDefinitionArn": arn}

    def update(arn: str, _: Mapping[str, Any], new: Mapping[str, Any], stack: str) -> Created:
        name = arn.rsplit("/", 1)[-1].partition(":")[0]
        created = create("", {"JobDefinitionName": name, **new}, stack)
        if _keeps_old_revisions(new):
            kept.add(arn)
        return created

    def delete(arn: str, _: Mapping[str, Any]) -> None:
        if arn in kept:
            return
        api.deregister_job_definition({"jobDefinition": arn})

    return ResourceType(create, update, delete)


def _keeps_old_revisions(properties: Mapping[str, Any]) -> bool:
    policy = properties.get("ResourceRetentionPolicy") or {}
    return str(policy.get("SkipDeregisterOnUpdate", "")).lower() == "true"
