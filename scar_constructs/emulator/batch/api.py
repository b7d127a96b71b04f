"""The operations of AWS Batch: plain requests in, plain answers out, `ClientError` for faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.arrays import check_array, new_array
from scar_constructs.emulator.batch.definitions import check_definition, check_job, check_name
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.jobs import ENDED, Job, new_job
from scar_constructs.emulator.batch.listing import listed_by, without_children
from scar_constructs.emulator.batch.policies import (
    SchedulingPolicies,
    check_queue,
    check_queue_update,
    check_share,
    weight_of,
)
from scar_constructs.emulator.batch.runner import Place, Runner
from scar_constructs.emulator.batch.store import Record, RegionStore, Store

Operation = Callable[[Mapping[str, Any]], Record]
_MAX_ENVIRONMENTS_OF_QUEUE = 3
MAX_ENVIRONMENTS = MAX_QUEUES = 50
"""https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"""


class BatchApi:
    """`scope` tells the account and Region of the request being answered."""

    def __init__(self, store: Store, runner: Runner, scope: Callable[[], Scope]) -> None:
        self._store = store
        self._runner = runner
        self._scope = scope
        self.policies = SchedulingPolicies(self._here)

    def operations(self) -> dict[str, Operation]:
        """Every operation, by the last part of its path in lower case."""
        return {
            "createcomputeenvironment": self.create_compute_environment,
            "updatecomputeenvironment": self.update_compute_environment,
            "deletecomputeenvironment": self.delete_compute_environment,
            "describecomputeenvironments": self.describe_compute_environments,
            "createjobqueue": self.create_job_queue,
            "updatejobqueue": self.update_job_queue,
            "deletejobqueue": self.delete_job_queue,
            "describejobqueues": self.describe_job_queues,
            "registerjobdefinition": self.register_job_definition,
            "deregisterjobdefinition": self.deregister_job_definition,
            "describejobdefinitions": self.describe_job_definitions,
            "submitjob": self.submit_job,
            "describejobs": self.describe_jobs,
            "listjobs": self.list_jobs,
            "terminatejob": self.terminate_job,
            "canceljob": self.cancel_job,
            **self.policies.operations(),
        }

    def create_compute_environment(self, request: Mapping[str, Any]) -> Record:
        name = request.get("computeEnvironmentName")
        check_name(name, "computeEnvironmentName")
        scope, region = self._here()
        if name in region.environments:
            raise ClientError(f"Object already exists: {name}")
        if len(region.environments) >= MAX_ENVIRONMENTS:
            raise ClientError(f"Maximum number of compute environments is {MAX_ENVIRONMENTS}")
        record = {
            "type": "MANAGED",
            "state": "ENABLED",
            **request,
            "computeEnvironmentArn": scope.arn("batch", f"compute-environment/{name}"),
            "status": "VALID",
            "statusReason": "ComputeEnvironment Healthy",
        }
        region.environments[str(name)] = record
        return _only(record, "computeEnvironmentName", "computeEnvironmentArn")

    def update_compute_environment(self, request: Mapping[str, Any]) -> Record:
        record = self._here()[1].environment(request["computeEnvironment"])
        self._check_desired(record, request)
        resources = {**record.get("computeResources", {}), **request.get("computeResources", {})}
        changes = {name: value for name, value in request.items() if name != "computeEnvironment"}
        record.update(changes, computeResources=resources)
        self._runner.reconsider(record)
        return _only(record, "computeEnvironmentName", "computeEnvironmentArn")

    def _check_desired(self, record: Record, request: Mapping[str, Any]) -> None:
        """https://docs.aws.amazon.com/batch/latest/userguide/error-desired-vcpus-update.html"""
        desired = (request.get("computeResources") or {}).get("desiredvCpus")
        in_use = self._runner.vcpus_in_use(record)
        if desired is not None and float(desired) < in_use:
            raise ClientError(
                "Manually scaling down compute environment is not supported. Disconnecting job "
                "queues from compute environment will cause it to scale-down to minvCpus."
            )

    def delete_compute_environment(self, request: Mapping[str, Any]) -> Record:
        region = self._here()[1]
        record = region.environment(request["computeEnvironment"])
        names = (record["computeEnvironmentName"], record["computeEnvironmentArn"])
        for queue in region.queues.values():
            if any(o["computeEnvironment"] in names for o in queue["computeEnvironmentOrder"]):
                raise ClientError("Cannot delete, found existing JobQueue relationship")
        del region.environments[record["computeEnvironmentName"]]
        return {}

    def describe_compute_environments(self, request: Mapping[str, Any]) -> Record:
        found = _select(self._here()[1].environments, request.get("computeEnvironments"))
        return {"computeEnvironments": found}

    def create_job_queue(self, request: Mapping[str, Any]) -> Record:
        name = request.get("jobQueueName")
        check_name(name, "jobQueueName")
        scope, region = self._here()
        if name in region.queues:
            raise ClientError(f"Object already exists: {name}")
        if len(region.queues) >= MAX_QUEUES:
            raise ClientError(f"Maximum number of job queues is {MAX_QUEUES}")
        check_queue(region, request)
        order = request.get("computeEnvironmentOrder") or ()
        if not 1 <= len(order) <= _MAX_ENVIRONMENTS_OF_QUEUE:
            raise ClientError(f"a job queue needs 1 to 3 compute environments, got {len(order)}")
        for entry in order:
            region.environment(entry["computeEnvironment"])
        record = {
            "state": "ENABLED",
            "priority": 1,
            **request,
            "jobQueueArn": scope.arn("batch", f"job-queue/{name}"),
            "status": "VALID",
            "statusReason": "JobQueue Healthy",
        }
        region.queues[str(name)] = record
        return _only(record, "jobQueueName", "jobQueueArn")

    def update_job_queue(self, request: Mapping[str, Any]) -> Record:
        region = self._here()[1]
        record = region.queue(request["jobQueue"])
        check_queue_update(region, record, request)
        record.update({name: value for name, value in request.items() if name != "jobQueue"})
        return _only(record, "jobQueueName", "jobQueueArn")

    def delete_job_queue(self, request: Mapping[str, Any]) -> Record:
        """Delete a queue, and end its jobs as AWS does: https://docs.aws.amazon.com/batch/latest/
        APIReference/API_DeleteJobQueue.html"""
        region = self._here()[1]
        queue = region.queue(request["jobQueue"])
        del region.queues[queue["jobQueueName"]]
        for job in list(region.jobs.values()):
            if job.document["jobQueue"] == queue["jobQueueArn"] and job.status not in ENDED:
                self._runner.terminate(job, "Job queue deleted")
        return {}

    def describe_job_queues(self, request: Mapping[str, Any]) -> Record:
        return {"jobQueues": _select(self._here()[1].queues, request.get("jobQueues"))}

    def register_job_definition(self, request: Mapping[str, Any]) -> Record:
        check_definition(request)
        scope, region = self._here()
        with self._store.lock:
            record = region.register(dict(request), scope)
        return _only(record, "jobDefinitionName", "jobDefinitionArn", "revision")

    def deregister_job_definition(self, request: Mapping[str, Any]) -> Record:
        self._here()[1].definition(request["jobDefinition"])["status"] = "INACTIVE"
        return {}

    def describe_job_definitions(self, request: Mapping[str, Any]) -> Record:
        region = self._here()[1]
        wanted = {reference.rsplit("/", 1)[-1] for reference in request.get("jobDefinitions") or ()}
        name, status = request.get("jobDefinitionName"), request.get("status")
        found = [
            record
            for revisions in region.definitions.values()
            for record in revisions
            if (not wanted or _label(record) in wanted)
            and name in (None, record["jobDefinitionName"])
            and status in (None, record["status"])
        ]
        return {"jobDefinitions": found}

    def submit_job(self, request: Mapping[str, Any]) -> Record:
        scope, region = self._here()
        definition = region.definition(request["jobDefinition"])
        check_job(request, definition)
        check_array(request, definition)
        queue = region.queue(request["jobQueue"])
        check_share(request, definition, queue, self._active_shares(region, queue))
        if queue["state"] != "ENABLED":
            raise ClientError(f"JobQueue {queue['jobQueueName']} is not ENABLED")
        array = job = None
        if request.get("arrayProperties"):
            array = new_array(request, definition, queue, scope)
        job = array.parent if array else new_job(request, definition, queue, scope)
        share = job.share
        place = Place(
            region.environment_of(queue),
            queue_priority=lambda: int(queue["priority"]),
            weight=lambda: weight_of(region, queue, share),
        )
        region.jobs[job.id] = job
        if array:
            region.arrays[job.id] = array
            region.jobs |= {child.id: child for child in array.children}
            self._runner.accept_array(array, place, request)
        else:
            self._runner.accept(job, place, request)
        return _only(job.document, "jobId", "jobName", "jobArn")

    def _active_shares(self, region: RegionStore, queue: Record) -> set[str]:
        """The shares of the queue's jobs that have not ended."""
        return {
            job.share
            for job in region.jobs.values()
            if job.document["jobQueue"] == queue["jobQueueArn"] and job.status not in ENDED
        }

    def describe_jobs(self, request: Mapping[str, Any]) -> Record:
        jobs = self._here()[1].jobs
        found = []
        for name in request["jobs"]:
            job = jobs.get(name.partition("#")[0])
            document = job and (job.document if job.id == name else job.node(name))
            found += [document] if document else []
        return {"jobs": found}

    def list_jobs(self, request: Mapping[str, Any]) -> Record:
        region = self._here()[1]
        queue = region.queue(request["jobQueue"])["jobQueueArn"] if "jobQueue" in request else None
        matches = listed_by(request)
        array = region.arrays.get(request.get("arrayJobId", ""))
        jobs = array.children if array else without_children(region.jobs.values())
        shown = ("jobId", "jobArn", "jobName", "status", "createdAt", "jobDefinition")
        return {
            "jobSummaryList": [
                _only(job.document, *shown) | _optional(job.document, "arrayProperties")
                for job in jobs
                if queue in (None, job.document["jobQueue"]) and matches(job)
            ]
        }

    def terminate_job(self, request: Mapping[str, Any]) -> Record:
        for job in self._meant(request):
            if job.status not in ENDED:
                self._runner.terminate(job, request["reason"])
        return {}

    def cancel_job(self, request: Mapping[str, Any]) -> Record:
        for job in self._meant(request):
            self._runner.cancel(job, request["reason"])
        return {}

    def _meant(self, request: Mapping[str, Any]) -> Sequence[Job]:
        """The job that a request names; of an array, all of them."""
        region = self._here()[1]
        if array := region.arrays.get(request["jobId"]):
            return (array.parent, *array.children)
        job = region.jobs.get(request["jobId"])
        return (job,) if job else ()

    def _here(self) -> tuple[Scope, RegionStore]:
        scope = self._scope()
        return scope, self._store.of(scope)


def _only(record: Mapping[str, Any], *names: str) -> Record:
    return {name: record[name] for name in names}


def _optional(record: Mapping[str, Any], *names: str) -> Record:
    return {name: record[name] for name in names if name in record}


def _select(records: Mapping[str, Record], references: Any) -> list[Record]:
    if not references:
        return list(records.values())
    names = [reference.rsplit("/", 1)[-1] for reference in references]
    return [records[name] for name in names if name in records]


def _label(record: Record) -> str:
    return f"{record['jobDefinitionName']}:{record['revision']}"
