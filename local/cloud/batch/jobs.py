"""A job: what SubmitJob asked for, resolved against its definition, and how it is faring."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from local.cloud.scope import Scope

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELLABLE = ("SUBMITTED", "PENDING", "RUNNABLE")
ENDED = (SUCCEEDED, FAILED)

_KEPT = (
    *("image", "jobRoleArn", "executionRoleArn", "user", "privileged", "readonlyRootFilesystem"),
    *("volumes", "mountPoints", "logConfiguration", "linuxParameters", "ulimits"),
)
_REFERENCE = re.compile(r"Ref::([A-Za-z0-9_-]+)")


def milliseconds() -> int:
    return int(time.time() * 1000)


@dataclass
class Job:
    """One job. `document` is what DescribeJobs and the events show; only `local.cloud.batch`
    changes it. `termination` is the reason once somebody has asked to end the job."""

    scope: Scope
    document: dict[str, Any]
    definition: Mapping[str, Any]
    queue: Mapping[str, Any]
    termination: str | None = None
    stop: Any = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return str(self.document["jobId"])

    @property
    def name(self) -> str:
        return str(self.document["jobName"])

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @property
    def container(self) -> dict[str, Any]:
        return dict(self.document["container"])

    @property
    def vcpus(self) -> float:
        return float(self._required("VCPU"))

    @property
    def memory_mib(self) -> int:
        return int(self._required("MEMORY"))

    @property
    def timeout_seconds(self) -> int | None:
        seconds = (self.document.get("timeout") or {}).get("attemptDurationSeconds")
        return None if seconds is None else int(seconds)

    @property
    def environment(self) -> dict[str, str]:
        return {entry["name"]: entry["value"] for entry in self.container["environment"]}

    def _required(self, kind: str) -> str:
        for entry in self.container["resourceRequirements"]:
            if entry["type"] == kind:
                return str(entry["value"])
        raise LookupError(f"job {self.id} has no {kind}")


def new_job(
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
    queue: Mapping[str, Any],
    scope: Scope,
) -> Job:
    """The job that a SubmitJob request makes of an active definition and an enabled queue."""
    overrides = request.get("containerOverrides") or {}
    parameters = {**(definition.get("parameters") or {}), **(request.get("parameters") or {})}
    identifier = str(uuid4())
    document: dict[str, Any] = {
        "jobId": identifier,
        "jobArn": scope.arn("batch", f"job/{identifier}"),
        "jobName": request["jobName"],
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": definition["jobDefinitionArn"],
        "status": "SUBMITTED",
        "createdAt": milliseconds(),
        "attempts": [],
        "dependsOn": [],
        "parameters": parameters,
        "retryStrategy": request.get("retryStrategy")
        or definition.get("retryStrategy")
        or {"attempts": 1},
        "tags": {**(definition.get("tags") or {}), **(request.get("tags") or {})},
        "container": _container(definition["containerProperties"], overrides, parameters),
    }
    timeout = request.get("timeout") or definition.get("timeout")
    if timeout:
        document["timeout"] = timeout
    return Job(scope, document, definition, queue)


def _container(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    command = overrides.get("command") or properties.get("command") or []
    return {
        **{name: properties[name] for name in _KEPT if name in properties},
        "command": [_substitute(word, parameters) for word in command],
        "environment": _merged(properties, overrides, "environment", "name"),
        "resourceRequirements": _requirements(properties, overrides),
    }


def _merged(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], field_name: str, key: str
) -> list[dict[str, Any]]:
    """A list of records of both, where an override replaces the record with the same key."""
    entries = (properties.get(field_name) or []) + (overrides.get(field_name) or [])
    return list({entry[key]: {"value": "", **entry} for entry in entries}.values())


def _requirements(
    properties: Mapping[str, Any], overrides: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The resource requirements, with the older properties vcpus and memory in the same form."""
    older = [
        {"type": kind, "value": str(properties[name])}
        for kind, name in (("VCPU", "vcpus"), ("MEMORY", "memory"))
        if name in properties
    ]
    newer = {
        "resourceRequirements": [*older, *(properties.get("resourceRequirements") or [])],
    }
    return _merged(newer, overrides, "resourceRequirements", "type")


def _substitute(word: str, parameters: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: parameters.get(match[1], match[0]), word)
