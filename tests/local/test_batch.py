"""Batch's operations and its jobs' lives, on an engine without processes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.api import BatchApi
from scar_constructs.emulator.batch.attempt import AttemptRunner
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.runner import Runner
from scar_constructs.emulator.batch.store import Store
from scar_constructs.emulator.engine import StartError
from scar_constructs.emulator.ledger import Ledger
from tests.local.fake_engine import FakeEngine
from tests.support.waiting import HANG_SECONDS, eventually

SCOPE = Scope("123456789012", "us-east-1")
ROLE = "arn:aws:iam::123456789012:role/job"


class Batch:
    """A Batch with one queue and one job definition, and what came out of it."""

    def __init__(self, engine: FakeEngine, **definition: Any) -> None:
        self.engine = engine
        self.ledger = Ledger()
        self.events: list[Mapping[str, Any]] = []
        self.logged: list[tuple[str, str, str]] = []
        self.lock = threading.Lock()

        def publish(job: Mapping[str, Any]) -> None:
            with self.lock:
                self.events.append(json.loads(json.dumps(job)))

        def log(group: str, stream: str, lines: Any) -> None:
            self.logged.extend((group, stream, line) for line in lines)

        def credentials(role: str, service: str, session: str) -> dict[str, str]:
            if role != ROLE:
                raise StartError(f"the role {role} cannot be assumed")
            return {"AWS_ACCESS_KEY_ID": f"key of {service} {session}"}

        def secrets(wanted: Any, role: str | None, session: str) -> dict[str, str]:
            return {one["name"]: f"{one['valueFrom']} by {role} for {session}" for one in wanted}

        heard = self.ledger.heard
        self.attempts = AttemptRunner(engine, credentials, secrets, log, heard, "http://cloud")
        self.api = BatchApi(Store(), Runner(self.attempts, self.ledger, publish), lambda: SCOPE)
        self.api.create_compute_environment(
            {"computeEnvironmentName": "ce", "computeResources": {"maxvCpus": 2}}
        )
        order = [{"order": 1, "computeEnvironment": "ce"}]
        self.api.create_job_queue({"jobQueueName": "q", "computeEnvironmentOrder": order})
        container = {
            "image": "i",
            "jobRoleArn": ROLE,
            "environment": [{"name": "SCAR_X", "value": "1"}],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "g", "awslogs-stream-prefix": "p"},
            },
            **(definition.get("containerProperties") or {}),
        }
        if definition.pop("containerProperties", container) is None:
            container = {}
        self.api.register_job_definition(
            {
                "jobDefinitionName": "d",
                "type": "container",
                "containerProperties": container,
                **definition,
            }
        )

    def submit(self, **request: Any) -> str:
        base = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}
        return str(self.api.submit_job({**base, **request})["jobId"])

    def wait(self) -> None:
        eventually(lambda: not self.ledger.in_flight())

    def job(self, identifier: str) -> dict[str, Any]:
        (job,) = self.api.describe_jobs({"jobs": [identifier]})["jobs"]
        return dict(job)

    def run(self, **request: Any) -> dict[str, Any]:
        identifier = self.submit(**request)
        self.wait()
        return self.job(identifier)

    def statuses(self) -> list[str]:
        return [event["status"] for event in self.events]


def test_a_job_that_succeeds() -> None:
    batch = Batch(FakeEngine(0, lines=("hello",)))
    job = batch.run()
    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    assert batch.statuses() == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    ((group, stream, line),) = batch.logged
    assert (group, line) == ("g", "hello")
    assert stream.startswith("p/default/")
    assert job["attempts"][0]["container"]["logStreamName"] == stream


def test_a_job_gets_its_shared_memory_and_its_limits() -> None:
    engine = FakeEngine(0)
    limit = {"name": "nofile", "softLimit": 1024, "hardLimit": 2048}
    properties = {"linuxParameters": {"sharedMemorySize": 512}, "ulimits": [limit]}
    Batch(engine, containerProperties=properties).run()
    (started,) = engine.started
    assert (started.shared_memory_mib, started.ulimits) == (512, ("nofile=1024:2048",))


def test_a_job_gets_its_environment_and_the_credentials_of_its_role() -> None:
    engine = FakeEngine(0)
    job = Batch(engine).run(
        containerOverrides={"environment": [{"name": "SCAR_JOB_EVENT", "value": "k"}]}
    )
    environment = engine.started[0].environment
    assert environment["SCAR_X"] == "1"
    assert environment["SCAR_JOB_EVENT"] == "k"
    assert environment["AWS_ENDPOINT_URL"] == "http://cloud"
    assert environment["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert environment["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert environment["AWS_ACCESS_KEY_ID"] == f"key of ecs-tasks.amazonaws.com {job['jobId']}"


def test_secrets_are_read_with_the_execution_role() -> None:
    engine = FakeEngine(0)
    container = {
        "executionRoleArn": "starter",
        "secrets": [{"name": "TOKEN", "valueFrom": "arn"}],
    }
    job = Batch(engine, containerProperties=container).run()
    assert engine.started[0].environment["TOKEN"] == f"arn by starter for {job['jobId']}"
    assert "by starter" not in json.dumps(job)


def test_a_failed_attempt_is_repeated() -> None:
    batch = Batch(FakeEngine(1, 0), retryStrategy={"attempts": 3})
    job = batch.run()
    assert job["status"] == "SUCCEEDED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [1, 0]
    (row,) = batch.ledger.rows()
    assert (row.status, row.attempts) == ("succeeded", 2)


def test_a_job_that_fails() -> None:
    batch = Batch(FakeEngine(7))
    job = batch.run()
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Essential container in task exited"
    assert batch.events[-1]["status"] == "FAILED"
    (row,) = batch.ledger.rows()
    assert (row.service, row.status, row.exit_code) == ("batch", "failed", 7)


def test_an_image_that_is_nowhere() -> None:
    job = Batch(FakeEngine("CannotPullContainerError: none")).run()
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"] == "CannotPullContainerError: none"
    assert "exitCode" not in job["container"]


def test_a_role_that_does_not_trust_the_service() -> None:
    batch = Batch(FakeEngine(0), containerProperties={"jobRoleArn": "arn:aws:iam::1:role/other"})
    job = batch.run()
    assert job["statusReason"] == "Task failed to start"
    assert "cannot be assumed" in job["container"]["reason"]
    assert not batch.engine.started


def test_overrides_over_the_limit_of_ecs_fail_the_job_and_not_the_submission() -> None:
    batch = Batch(FakeEngine())
    job = batch.run(containerOverrides={"environment": [{"name": "A", "value": "x" * 9000}]})
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Container Overrides length must be at most 8192"


def test_a_time_out_ends_the_job_and_is_not_retried() -> None:
    batch = Batch(FakeEngine(None), retryStrategy={"attempts": 3})
    # Batch takes no time-out below a minute; the definition is changed behind its back.
    definition = batch.api.describe_job_definitions({})["jobDefinitions"][0]
    definition["timeout"] = {"attemptDurationSeconds": 1}
    job = batch.run()
    assert (job["status"], len(job["attempts"])) == ("FAILED", 1)
    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_terminate_stops_a_running_job() -> None:
    batch = Batch(FakeEngine(None), retryStrategy={"attempts": 3})
    identifier = batch.submit()
    assert batch.engine.begun.wait(HANG_SECONDS)
    batch.api.terminate_job({"jobId": identifier, "reason": "enough"})
    batch.wait()
    job = batch.job(identifier)
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert len(job["attempts"]) == 1


def test_jobs_wait_for_vcpus_and_cancel_ends_one_that_waits() -> None:
    batch = Batch(FakeEngine(None, 0))
    whole = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    first = batch.submit(containerOverrides=whole)
    assert batch.engine.begun.wait(HANG_SECONDS)
    second, third = batch.submit(), batch.submit()
    time.sleep(0.1)
    assert [batch.job(name)["status"] for name in (second, third)] == ["RUNNABLE"] * 2
    batch.api.cancel_job({"jobId": third, "reason": "not needed"})
    batch.api.cancel_job({"jobId": first, "reason": "too late: it runs"})
    batch.api.terminate_job({"jobId": first, "reason": "make room"})
    batch.wait()
    assert batch.job(second)["status"] == "SUCCEEDED"
    assert (batch.job(third)["status"], batch.job(third)["statusReason"]) == (
        "FAILED",
        "not needed",
    )


def test_an_environment_that_runs_jobs_cannot_be_scaled_down_by_hand() -> None:
    batch = Batch(FakeEngine(None))
    identifier = batch.submit()
    assert batch.engine.begun.wait(60)
    for resources in ({"maxvCpus": 4}, {"desiredvCpus": 1}):
        batch.api.update_compute_environment(
            {"computeEnvironment": "ce", "computeResources": resources}
        )
    with pytest.raises(ClientError, match="Manually scaling down"):
        batch.api.update_compute_environment(
            {"computeEnvironment": "ce", "computeResources": {"desiredvCpus": 0}}
        )
    batch.api.terminate_job({"jobId": identifier, "reason": "done"})
    batch.wait()
    batch.api.update_compute_environment(
        {"computeEnvironment": "ce", "computeResources": {"desiredvCpus": 0}}
    )


def test_definitions_have_revisions() -> None:
    batch = Batch(FakeEngine())
    again = batch.api.describe_job_definitions({})["jobDefinitions"][0]
    new = {name: again[name] for name in ("jobDefinitionName", "type", "containerProperties")}
    assert batch.api.register_job_definition(new)["revision"] == 2
    batch.api.deregister_job_definition({"jobDefinition": "d:2"})
    active = batch.api.describe_job_definitions({"status": "ACTIVE"})["jobDefinitions"]
    assert [record["revision"] for record in active] == [1]
    with pytest.raises(ClientError, match="d:2, not found or not ACTIVE"):
        batch.submit(jobDefinition="d:2")


def test_a_queue_keeps_its_compute_environment() -> None:
    batch = Batch(FakeEngine())
    with pytest.raises(ClientError, match="existing JobQueue relationship"):
        batch.api.delete_compute_environment({"computeEnvironment": "ce"})
    batch.api.delete_job_queue({"jobQueue": "q"})
    batch.api.delete_compute_environment({"computeEnvironment": "ce"})
    with pytest.raises(ClientError, match="JobQueue q not found"):
        batch.submit()


def test_a_disabled_queue_takes_no_job() -> None:
    batch = Batch(FakeEngine())
    batch.api.update_job_queue({"jobQueue": "q", "state": "DISABLED"})
    with pytest.raises(ClientError, match="not ENABLED"):
        batch.submit()


def test_list_jobs_by_status() -> None:
    batch = Batch(FakeEngine(0, 7))
    batch.run()
    batch.run()
    listed = batch.api.list_jobs({"jobQueue": "q", "jobStatus": "FAILED"})["jobSummaryList"]
    assert [job["status"] for job in listed] == ["FAILED"]


def test_list_jobs_by_name_gives_those_of_any_status() -> None:
    batch = Batch(FakeEngine(0, 7))
    batch.run()
    batch.run()

    def names(value: str) -> list[str]:
        wanted = {"name": "JOB_NAME", "values": [value]}
        listed = batch.api.list_jobs({"jobQueue": "q", "filters": [wanted]})["jobSummaryList"]
        return [job["jobName"] for job in listed]

    (name, other) = names("*")
    assert names(name.upper()) == names(f"{name[:1]}*") == [name, other]
    assert names(name[:1] + "?*") == []
