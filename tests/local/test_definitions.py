"""What Batch refuses, with AWS's own limits."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud.batch.definitions import check_definition, check_job, overrides_fault
from local.cloud.batch.errors import ClientError

REQUIREMENTS = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "jobDefinitionName": "f",
        "type": "container",
        "containerProperties": {"image": "i", "resourceRequirements": REQUIREMENTS},
        **changes,
    }


def job(**changes: Any) -> dict[str, Any]:
    return {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", **changes}


def with_environment(*, characters: int) -> dict[str, Any]:
    return {"environment": [{"name": "A", "value": "x" * characters}]}


def test_a_plain_definition_and_a_plain_job_pass() -> None:
    check_definition(definition())
    check_job(job())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobDefinitionName": "-f"}, "starts with an alphanumeric"),
        ({"jobDefinitionName": "f" * 129}, "up to 128 letters"),
        ({"type": "multinode"}, "type must be container"),
        ({"containerProperties": {"resourceRequirements": REQUIREMENTS}}, "include an image"),
        ({"containerProperties": {"image": "i"}}, "include VCPU"),
        ({"retryStrategy": {"attempts": 11}}, "must be 1 to 10, got 11"),
        ({"retryStrategy": {"evaluateOnExit": [{"action": "EXIT"}]}}, "attempts must be specified"),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}] * 6}},
            "at most 5 entries",
        ),
        ({"timeout": {"attemptDurationSeconds": 59}}, "at least 60 seconds, got 59"),
        ({"parameters": {"a": "x" * 25_000}}, "less than 24 KiB"),
        (
            {
                "containerProperties": {
                    "image": "i",
                    "resourceRequirements": REQUIREMENTS,
                    "environment": [{"name": "AWS_BATCH_X", "value": ""}],
                }
            },
            "must not start with AWS_BATCH",
        ),
    ],
)
def test_refused_definition(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_definition(definition(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobName": "a b"}, "jobName can be up to 128"),
        ({"containerOverrides": {"command": ["a", ""]}}, "empty string"),
        ({"containerOverrides": with_environment(characters=48_000)}, "30 KiB, got 46 KiB"),
        ({"timeout": {"attemptDurationSeconds": 5}}, "at least 60 seconds"),
        ({"arrayProperties": {"size": 2}}, "arrayProperties is not possible"),
        ({"dependsOn": [{"jobId": "x"}]}, "dependsOn is not possible"),
    ],
)
def test_refused_job(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_job(job(**changes))


def test_overrides_that_submit_takes_and_ecs_does_not() -> None:
    request = job(containerOverrides=with_environment(characters=9_000))
    check_job(request)
    assert overrides_fault(request) == "Container Overrides length must be at most 8192"


def test_overrides_within_the_limit() -> None:
    assert overrides_fault(job(containerOverrides=with_environment(characters=8_000))) is None
