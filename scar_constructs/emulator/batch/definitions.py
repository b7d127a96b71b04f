"""What Batch refuses when a job definition is registered or a job is submitted.

Limits: https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html and the API
reference of RegisterJobDefinition, SubmitJob, RetryStrategy and JobTimeout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.nodes import check_nodes
from scar_constructs.emulator.batch.retry import MAX_ATTEMPTS, MAX_CONDITIONS
from scar_constructs.emulator.batch.task import COMPLETE, START, SUCCESS

MAX_DEFINITION_BYTES = 24 * 1024
MAX_JOB_BYTES = 30 * 1024
MAX_OVERRIDES_CHARACTERS = 8192
"""ECS's limit on all overrides as JSON: Batch takes a larger job, which then fails."""
MIN_TIMEOUT_SECONDS = 60
MAX_SCHEDULING_PRIORITY = 9_999
_NOT_HERE = ("dependsOn", "eksPropertiesOverride")
"""Kinds of jobs that are not run on this machine, refused rather than run as something else."""
_KINDS = ("containerProperties", "ecsProperties", "nodeProperties")
_OVERRIDES = {
    "containerProperties": "containerOverrides",
    "ecsProperties": "ecsPropertiesOverride",
    "nodeProperties": "nodeOverrides",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def check_name(name: object, field: str) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ClientError(
            f"{field} can be up to 128 letters (uppercase and lowercase), numbers, hyphens, and "
            f"underscores, and starts with an alphanumeric character, got {name!r}"
        )


def check_definition(request: Mapping[str, Any]) -> None:
    """Raise `ClientError` for a RegisterJobDefinition request that Batch refuses."""
    check_name(request.get("jobDefinitionName"), "jobDefinitionName")
    size = len(json.dumps(request))
    if size > MAX_DEFINITION_BYTES:
        raise ClientError(f"Job definition size must be less than 24 KiB, got {size // 1024} KiB")
    _check_kind(request)
    check_priority(request.get("schedulingPriority"), "schedulingPriority")
    check_retries(request.get("retryStrategy"))
    check_timeout(request.get("timeout"))


def _check_kind(request: Mapping[str, Any]) -> None:
    """Exactly one description of what runs, and one that fits the type."""
    given = [kind for kind in _KINDS if request.get(kind)]
    if request.get("type") not in ("container", "multinode"):
        raise ClientError(f"type must be container or multinode, got {request.get('type')!r}")
    allowed = _KINDS[2:] if request["type"] == "multinode" else _KINDS[:2]
    if len(given) != 1 or given[0] not in allowed:
        raise ClientError(
            f"A {request['type']} job definition must have exactly one of {', '.join(allowed)},"
            f" got {', '.join(given) or 'none'}"
        )
    if "nodeProperties" in given:
        check_nodes(request["nodeProperties"])
        ranges = request["nodeProperties"]["nodeRangeProperties"]
    else:
        ranges = [
            {
                "container": request.get("containerProperties"),
                "ecsProperties": request.get("ecsProperties"),
            }
        ]
    for one in ranges:
        if one.get("ecsProperties"):
            check_task(one["ecsProperties"])
        else:
            check_container(one.get("container") or {})


def check_container(container: Mapping[str, Any]) -> None:
    if not container.get("image"):
        raise ClientError("Container properties must include an image")
    requirements = {entry["type"] for entry in container.get("resourceRequirements") or ()}
    for wanted, old in (("VCPU", "vcpus"), ("MEMORY", "memory")):
        if wanted not in requirements and old not in container:
            raise ClientError(f"Container properties must include {wanted} in resourceRequirements")
    check_environment(container.get("environment"))


def check_task(properties: Mapping[str, Any]) -> None:
    """Containers with names of their own, whose dependencies are there and can come true.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerProperties.html
    """
    tasks = list(properties.get("taskProperties") or ())
    if len(tasks) != 1:
        raise ClientError(f"taskProperties must have exactly one element, got {len(tasks)}")
    containers = tasks[0].get("containers") or ()
    by_name = {one.get("name"): one for one in containers}
    if None in by_name or len(by_name) != len(containers):
        raise ClientError("Each container of a task must have a unique name")
    if not any(_is_essential(one) for one in containers):
        raise ClientError("All jobs must have at least one essential container")
    volumes = {volume["name"] for volume in tasks[0].get("volumes") or ()}
    for one in containers:
        check_container(one)
        for mount in one.get("mountPoints") or ():
            if mount["sourceVolume"] not in volumes:
                raise ClientError(f"Unknown volume {mount['sourceVolume']!r} in mountPoints")
        for dependency in one.get("dependsOn") or ():
            _check_dependency(dependency, by_name)


def _check_dependency(dependency: Mapping[str, Any], by_name: Mapping[Any, Any]) -> None:
    name, condition = dependency.get("containerName"), dependency.get("condition")
    if name not in by_name:
        raise ClientError(f"A container depends on {name!r}, which is not in the task")
    if condition not in (START, COMPLETE, SUCCESS):
        raise ClientError(f"condition must be START, COMPLETE or SUCCESS, got {condition!r}")
    if condition != START and _is_essential(by_name[name]):
        raise ClientError(
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential"
            " container"
        )


def _is_essential(container: Mapping[str, Any]) -> bool:
    return str(container.get("essential", True)).lower() == "true"


def check_job(request: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    """Raise `ClientError` for a SubmitJob request that Batch refuses at once."""
    check_name(request.get("jobName"), "jobName")
    size = len(json.dumps(request))
    if size > MAX_JOB_BYTES:
        raise ClientError(f"Job size must be less than 30 KiB, got {size // 1024} KiB")
    if refused := [name for name in _NOT_HERE if request.get(name)]:
        raise ClientError(f"{refused[0]} is not possible in the local cloud")
    for kind, overrides in _OVERRIDES.items():
        if request.get(overrides) and not definition.get(kind):
            raise ClientError(f"{overrides} is not applicable: the definition has no {kind}")
    for one in _containers(request):
        if "" in (one.get("command") or ()):
            raise ClientError("Container command override must not contain an empty string")
        check_environment(one.get("environment"))
    check_retries(request.get("retryStrategy"))
    check_timeout(request.get("timeout"))


def overrides_fault(request: Mapping[str, Any]) -> str | None:
    """Why a job that Batch has taken fails before its first attempt, or None."""
    for one in (request.get(name) or {} for name in _OVERRIDES.values()):
        if len(json.dumps(one)) > MAX_OVERRIDES_CHARACTERS:
            return f"Container Overrides length must be at most {MAX_OVERRIDES_CHARACTERS}"
    return None


def _containers(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The overrides of every container."""
    yield request.get("containerOverrides") or {}
    for task in (request.get("ecsPropertiesOverride") or {}).get("taskProperties") or ():
        yield from task.get("containers") or ()
    for one in (request.get("nodeOverrides") or {}).get("nodePropertyOverrides") or ():
        yield one.get("containerOverrides") or {}


def check_environment(environment: Any) -> None:
    for entry in environment or ():
        if entry["name"].startswith("AWS_BATCH"):
            raise ClientError(
                f"Environment variables must not start with AWS_BATCH, got {entry['name']}"
            )


def check_priority(priority: Any, field: str) -> None:
    if priority is not None and not 0 <= int(priority) <= MAX_SCHEDULING_PRIORITY:
        raise ClientError(f"{field} must be 0 to {MAX_SCHEDULING_PRIORITY}, got {priority}")


def check_retries(strategy: Any) -> None:
    if not strategy:
        return
    attempts, conditions = strategy.get("attempts"), strategy.get("evaluateOnExit") or ()
    if conditions and attempts is None:
        raise ClientError("RetryStrategy attempts must be specified with evaluateOnExit")
    if attempts is not None and not 1 <= int(attempts) <= MAX_ATTEMPTS:
        raise ClientError(f"RetryStrategy attempts must be 1 to {MAX_ATTEMPTS}, got {attempts}")
    if len(conditions) > MAX_CONDITIONS:
        raise ClientError(
            f"evaluateOnExit must have at most {MAX_CONDITIONS} entries, got {len(conditions)}"
        )


def check_timeout(timeout: Any) -> None:
    seconds = (timeout or {}).get("attemptDurationSeconds")
    if seconds is not None and int(seconds) < MIN_TIMEOUT_SECONDS:
        raise ClientError(f"Timeout must be at least {MIN_TIMEOUT_SECONDS} seconds, got {seconds}")
