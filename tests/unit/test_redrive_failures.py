"""What is read out of the messages of a failure queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scar_constructs.operate.redrive.failures import (
    RedriveError,
    read_function_failure,
    read_service_failure,
)

VARIABLES = [
    {"name": "SCAR_SPOOL_BUCKET", "value": "spool"},
    {"name": "SCAR_JOB_EVENT", "value": "resize/jobs/1.json"},
]


def message(**detail: Any) -> str:
    definition = "arn:aws:batch:us-east-1:123456789012:job-definition/resize:7"
    content = {
        "jobId": "job-1",
        "jobDefinition": definition,
        "statusReason": "Essential container in task exited",
        **detail,
    }
    return json.dumps({"source": "aws.batch", "detail": content})


def test_a_failed_job_tells_its_code() -> None:
    failure = read_service_failure(message(container={"environment": VARIABLES, "exitCode": 7}), {})
    assert failure.function == "resize"
    assert failure.reason == "Essential container in task exited (exit code 7)"
    assert failure.job is not None
    assert failure.job.key == "resize/jobs/1.json"


def test_a_failed_job_of_several_containers_tells_the_code_that_it_ended_with() -> None:
    containers = [
        {"name": "stage-in", "environment": VARIABLES, "exitCode": 0},
        {"name": "program", "environment": [], "exitCode": 143},
        {"name": "stage-out", "environment": VARIABLES, "exitCode": 7},
    ]
    failure = read_service_failure(
        message(ecsProperties={"taskProperties": [{"containers": containers}]}), {}
    )
    assert failure.reason == "Essential container in task exited (exit code 7)"


def test_a_failed_job_tells_where_its_script_printed() -> None:
    """Of several containers, the first that failed: the next only say that it did."""
    log = {"options": {"awslogs-group": "/scar/batch/resize"}}
    containers = [
        {"name": name, "exitCode": code, "logConfiguration": log, "logStreamName": f"p/{name}/1"}
        for name, code in (("stage-in", 0), ("program", 7), ("stage-out", 7))
    ]
    containers[0]["environment"] = VARIABLES
    detail = {"ecsProperties": {"taskProperties": [{"containers": containers}]}}
    assert read_service_failure(message(**detail), {}).log == "/scar/batch/resize p/program/1"
    alone = {**containers[1], "environment": VARIABLES}
    assert read_service_failure(message(container=alone), {}).log == (
        "/scar/batch/resize p/program/1"
    )


def test_a_job_that_never_started_has_no_code() -> None:
    failure = read_service_failure(message(container={"environment": VARIABLES}), {})
    assert failure.reason == "Essential container in task exited"
    assert failure.log == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[]", "cannot be read"),
        ("no JSON", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("{}", "neither of Batch nor of EventBridge"),
        (message(container={}), "not submitted by a function of SCAR"),
    ],
)
def test_what_others_sent_is_refused(body: str, told: str) -> None:
    with pytest.raises(RedriveError, match=told):
        read_service_failure(body, {})


@pytest.mark.parametrize("body", ["{}", "[]", "7", message(container={"environment": VARIABLES})])
def test_where_functions_send_only_records_of_lambda_count(body: str) -> None:
    with pytest.raises(RedriveError):
        read_function_failure(body)
