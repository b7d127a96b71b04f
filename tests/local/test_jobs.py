"""A job is its definition with what SubmitJob overrides."""

from __future__ import annotations

from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.containers import environment_of
from scar_constructs.emulator.batch.jobs import Job, new_job

SCOPE = Scope("123456789012", "us-east-1")
DEFINITION: dict[str, Any] = {
    "jobDefinitionName": "d",
    "jobDefinitionArn": "arn:aws:batch:us-east-1:123456789012:job-definition/d:1",
    "parameters": {"Who": "world", "Where": "here"},
    "retryStrategy": {"attempts": 2},
    "timeout": {"attemptDurationSeconds": 60},
    "containerProperties": {
        "image": "i",
        "command": ["echo", "Ref::Who", "at Ref::Where", "Ref::Unknown"],
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "vcpus": 2,
        "memory": 1024,
        "resourceRequirements": [{"type": "MEMORY", "value": "512"}],
    },
}
QUEUE = {"jobQueueArn": "arn:aws:batch:us-east-1:123456789012:job-queue/q", "jobQueueName": "q"}


def submit(**request: Any) -> Job:
    return new_job({"jobName": "j", **request}, DEFINITION, QUEUE, SCOPE)


def test_as_defined() -> None:
    job = submit()
    assert environment_of(job.document["container"]) == {"A": "1", "B": "2"}
    assert (job.vcpus, job.tasks[0].amount("MEMORY"), job.timeout_seconds) == (2.0, 512, 60)
    assert job.document["container"]["command"] == ["echo", "world", "at here", "Ref::Unknown"]
    assert job.status == "SUBMITTED"
    assert job.document["retryStrategy"] == {"attempts": 2}


def test_with_overrides() -> None:
    job = submit(
        parameters={"Who": "you"},
        retryStrategy={"attempts": 1},
        timeout={"attemptDurationSeconds": 90},
        containerOverrides={
            "environment": [{"name": "B", "value": "3"}, {"name": "C"}],
            "resourceRequirements": [{"type": "VCPU", "value": "0.5"}],
        },
    )
    assert environment_of(job.document["container"]) == {"A": "1", "B": "3", "C": ""}
    assert (job.vcpus, job.tasks[0].amount("MEMORY"), job.timeout_seconds) == (0.5, 512, 90)
    assert job.document["container"]["command"][1] == "you"
    assert job.document["retryStrategy"] == {"attempts": 1}


def test_ids_are_new() -> None:
    assert submit().id != submit().id
