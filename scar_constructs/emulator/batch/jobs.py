"""A job: what SubmitJob asked for, resolved against its definition, and how it is faring."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.containers import container_of, requirement, task_of
from scar_constructs.emulator.batch.nodes import nodes_of, shown_nodes

SUBMITTED = "SUBMITTED"
PENDING = "PENDING"
RUNNABLE = "RUNNABLE"
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELLABLE = (SUBMITTED, PENDING, RUNNABLE)
ENDED = (SUCCEEDED, FAILED)
NO_VARIABLES: Mapping[str, str] = {}


def milliseconds() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Task:
    """What runs on one host: one container, or several. `shown` is the part of a document in which
    DescribeJobs shows them; `variables` are the platform's for this host."""

    id: str
    shown: dict[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_single(self) -> bool:
        return "container" in self.shown

    @property
    def properties(self) -> Mapping[str, Any]:
        """The task's own part: roles and volumes."""
        if self.is_single:
            return dict(self.shown["container"])
        (task,) = self.shown["ecsProperties"]["taskProperties"]
        return dict(task)

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The containers' documents themselves, to be written into."""
        if self.is_single:
            return [self.shown["container"]]
        (task,) = self.shown["ecsProperties"]["taskProperties"]
        return list(task["containers"])

    @property
    def role(self) -> str | None:
        found = self.properties.get("jobRoleArn" if self.is_single else "taskRoleArn")
        return str(found) if found else None

    def record(self) -> dict[str, Any]:
        """How its containers ended, as an attempt shows it."""
        told = ("name", "logStreamName", "exitCode", "reason")
        ended = [
            {name: container[name] for name in told if name in container}
            for container in self.containers
        ]
        if self.is_single:
            return {"container": ended[0]}
        return {"taskProperties": [{"containers": ended}]}

    def amount(self, kind: str) -> float:
        return sum(float(requirement(one, kind) or 0) for one in self.containers)


@dataclass
class Job:
    """One job. `document` is what DescribeJobs and the events show; only `emulator.batch`
    changes it. `tasks` are its hosts', the first being the one that decides. `termination` is the
    reason once somebody has asked to end the job; `withdraw` ends its wait, and `stop` its run.
    `changed` is called after each change of its status."""

    scope: Scope
    document: dict[str, Any]
    definition: Mapping[str, Any]
    queue: Mapping[str, Any]
    tasks: tuple[Task, ...]
    termination: str | None = None
    stop: Callable[[], None] | None = field(default=None, repr=False)
    withdraw: Callable[[], None] = field(default=lambda: None, repr=False)
    changed: Callable[[], None] = field(default=lambda: None, repr=False)

    @property
    def id(self) -> str:
        return str(self.document["jobId"])

    @property
    def name(self) -> str:
        return str(self.document["jobName"])

    @property
    def definition_name(self) -> str:
        """That of the function, for jobs of ours."""
        return str(self.definition["jobDefinitionName"])

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @property
    def share(self) -> str:
        """Its share of the queue; empty where the queue has no shares."""
        return str(self.document.get("shareIdentifier") or "")

    @property
    def priority(self) -> int:
        """Among the jobs of its share."""
        return int(self.document.get("schedulingPriority") or 0)

    @property
    def vcpus(self) -> float:
        return sum(task.amount("VCPU") for task in self.tasks)

    @property
    def timeout_seconds(self) -> int | None:
        seconds = (self.document.get("timeout") or {}).get("attemptDurationSeconds")
        return None if seconds is None else int(seconds)

    def node(self, identifier: str) -> dict[str, Any] | None:
        """The document of one of its nodes, `JOB#INDEX`."""
        for task in self.tasks:
            if task.id == identifier != self.id:
                shown = {"nodeDetails", "container", "ecsProperties"}
                own = {name: value for name, value in task.shown.items() if name in shown}
                general = {k: v for k, v in self.document.items() if k != "nodeProperties"}
                return {**general, **own, "jobId": identifier}
        return None


def new_job(
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
    queue: Mapping[str, Any],
    scope: Scope,
    identifier: str = "",
    variables: Mapping[str, str] = NO_VARIABLES,
) -> Job:
    """The job that a SubmitJob request makes of an active definition and an enabled queue.
    `variables` are what the platform tells this job beside what it tells each one."""
    parameters = {**(definition.get("parameters") or {}), **(request.get("parameters") or {})}
    identifier = identifier or str(uuid4())
    document: dict[str, Any] = {
        "jobId": identifier,
        "jobArn": scope.arn("batch", f"job/{identifier}"),
        "jobName": request["jobName"],
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": definition["jobDefinitionArn"],
        "status": SUBMITTED,
        "createdAt": milliseconds(),
        "attempts": [],
        "dependsOn": [],
        "parameters": parameters,
        "retryStrategy": request.get("retryStrategy")
        or definition.get("retryStrategy")
        or {"attempts": 1},
        "tags": {**(definition.get("tags") or {}), **(request.get("tags") or {})},
    }
    if share := request.get("shareIdentifier"):
        override = request.get("schedulingPriorityOverride")
        priority = definition["schedulingPriority"] if override is None else override
        document |= {"shareIdentifier": share, "schedulingPriority": int(priority)}
    timeout = request.get("timeout") or definition.get("timeout")
    if timeout:
        document["timeout"] = timeout
    tasks = _tasks(document, request, definition, parameters, variables)
    return Job(scope, document, definition, queue, tasks)


def _tasks(
    document: dict[str, Any],
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
    parameters: Mapping[str, str],
    variables: Mapping[str, str],
) -> tuple[Task, ...]:
    """What the job runs, which is entered into its document."""
    if properties := definition.get("nodeProperties"):
        overrides = request.get("nodeOverrides") or {}
        document["nodeProperties"] = shown_nodes(properties, overrides, parameters)
        nodes = nodes_of(properties, overrides, parameters)
        return tuple(
            Task(f"{document['jobId']}#{node.index}", node.shown, node.variables) for node in nodes
        )
    if properties := definition.get("ecsProperties"):
        overrides = request.get("ecsPropertiesOverride") or {}
        task = task_of(properties, overrides, parameters)
        document["ecsProperties"] = {"taskProperties": [task]}
    else:
        overrides = request.get("containerOverrides") or {}
        properties = definition["containerProperties"]
        document["container"] = container_of(properties, overrides, parameters)
    return (Task(str(document["jobId"]), document, variables),)
