"""What is told of the jobs of arrays, which Batch lists as one job each."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from scar_constructs.operate.batch_jobs import Jobs
from scar_constructs.operate.session import Session

DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/resize:7"


def jobs(*documents: dict[str, Any]) -> Jobs:
    """What is asked of a Batch that has these jobs."""

    def describe(jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [one for one in documents if one["jobId"] in jobs]}

    def paginate(jobQueue: str, jobStatus: str) -> list[dict[str, Any]]:  # noqa: N803
        assert jobQueue == "q"
        return [{"jobSummaryList": [one for one in documents if one["status"] == jobStatus]}]

    batch = SimpleNamespace(
        describe_jobs=describe, get_paginator=lambda _: SimpleNamespace(paginate=paginate)
    )
    return Jobs(cast(Session, SimpleNamespace(client=lambda _: batch)))


def job(name: str, status: str, **properties: Any) -> dict[str, Any]:
    array = {"arrayProperties": properties} if properties else {}
    return {"jobId": name, "jobName": name, "status": status, "jobDefinition": DEFINITION, **array}


def test_an_array_counts_as_the_jobs_that_it_is() -> None:
    summary = {"SUBMITTED": 0, "RUNNABLE": 5, "RUNNING": 2, "SUCCEEDED": 3, "FAILED": 0}
    found = jobs(
        job("plain", "PENDING"),
        job("begun", "PENDING", size=10, statusSummary=summary),
        job("new", "SUBMITTED", size=4),
    )
    pending = list(found.in_state("q", "PENDING"))
    assert [(one.id, one.size) for one in pending] == [("plain", None), ("begun", 10)]
    arrays = [pending[1], *found.in_state("q", "SUBMITTED")]
    assert found.states(arrays) == Counter({**summary, "SUBMITTED": 4})
