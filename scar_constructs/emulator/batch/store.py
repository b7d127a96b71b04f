"""What Batch knows, per Region: environments, queues, policies, definitions and jobs."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.arrays import Array
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.jobs import Job

Record = dict[str, Any]


class RegionStore:
    """The records of one account and Region, by name (job definitions: all revisions; scheduling
    policies: ARN; jobs: id; arrays: id of the job that they are together)."""

    def __init__(self) -> None:
        self.environments: dict[str, Record] = {}
        self.queues: dict[str, Record] = {}
        self.policies: dict[str, Record] = {}
        self.definitions: dict[str, list[Record]] = {}
        self.jobs: dict[str, Job] = {}
        self.arrays: dict[str, Array] = {}

    def environment(self, reference: str) -> Record:
        return _find(self.environments, reference, "Object does not exist: {}")

    def queue(self, reference: str) -> Record:
        return _find(self.queues, reference, "JobQueue {} not found")

    def environment_of(self, queue: Record) -> Record:
        """The first compute environment of a queue (jobs here never wait for a second one)."""
        order = sorted(queue["computeEnvironmentOrder"], key=lambda entry: int(entry["order"]))
        return self.environment(order[0]["computeEnvironment"])

    def definition(self, reference: str) -> Record:
        """The active definition that a name, name:revision or ARN means."""
        name, _, revision = _name(reference).partition(":")
        for record in reversed(self.definitions.get(name, [])):
            if record["status"] == "ACTIVE" and revision in ("", str(record["revision"])):
                return record
        raise ClientError(f"JobDefinition, {reference}, not found or not ACTIVE")

    def register(self, request: Record, scope: Scope) -> Record:
        """Store the next revision of a job definition and return it."""
        name = request["jobDefinitionName"]
        revisions = self.definitions.setdefault(name, [])
        revision = len(revisions) + 1
        record = {
            **request,
            "revision": revision,
            "status": "ACTIVE",
            "jobDefinitionArn": scope.arn("batch", f"job-definition/{name}:{revision}"),
        }
        revisions.append(record)
        return record


class Store:
    """All Regions' records."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._regions: dict[Scope, RegionStore] = defaultdict(RegionStore)

    def of(self, scope: Scope) -> RegionStore:
        with self.lock:
            return self._regions[scope]


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _find(records: dict[str, Record], reference: str, message: str) -> Record:
    record = records.get(_name(reference))
    if record is None:
        raise ClientError(message.format(reference))
    return record
