"""A rule of EventBridge takes more than a function's filters let through: the rest does nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime.byhand import run_event
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored

Make = Callable[..., Function]


def by_rule(bucket: Bucket, key: str) -> dict[str, Any]:
    """Put an object; gives the event that EventBridge would send."""
    facts = stored(bucket, key)["Records"][0]["s3"]["object"]
    found = {"key": key, "size": facts["size"], "etag": facts["eTag"]}
    detail = {
        "bucket": {"name": bucket.name},
        "object": {**found, "sequencer": facts["sequencer"]},
        "reason": "PutObject",
    }
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


def in_queue(event: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(event)}]}


def taking(make: Make, bucket: Bucket, mode: str = "lambda") -> Function:
    """A function of the texts under a folder, and of reports anywhere else in it."""
    inputs = [
        {"bucket": bucket.name, "folder": "in", "suffix": [".txt"]},
        {"bucket": bucket.name, "folder": "in", "prefix": ["report-", "sub/report-"]},
        {"bucket": "another", "folder": ""},
    ]
    return make(COPY, mode=mode, inputs=inputs)


def invoke(made: Function, mode: str, event: Any) -> None:
    invocation = Invocation(made.runtime(), Invoked())
    (invocation.dispatch if mode == "batch" else invocation.handle)(event)


@pytest.mark.parametrize("mode", ["lambda", "lambda-batch", "batch"])
@pytest.mark.parametrize(
    "key", ["in/a.jpg", "in/sub/a", "in/a.txt.gz", "in/areport-", "inside.txt"]
)
def test_what_no_filter_lets_through_is_ignored_and_leaves_nothing(
    function: Make, bucket: Bucket, mode: str, key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = taking(function, bucket, mode)
    invoke(made, mode, by_rule(bucket, key))
    log = capfd.readouterr().out
    (line,) = executions(log)
    assert (line["status"], line["exit_code"]) == ("ignored", 0)
    assert line["input"] == f"{bucket.name}/{key}"
    assert "no input of the function takes" in log
    assert (made.spool.keys(""), made.batch.jobs, bucket.keys("out/")) == ([], [], [])


@pytest.mark.parametrize("key", ["in/a.txt", "in/sub/.txt", "in/report-1", "in/sub/report-é.jpg"])
def test_what_a_filter_lets_through_runs(function: Make, bucket: Bucket, key: str) -> None:
    made = taking(function, bucket)
    invoke(made, "lambda", by_rule(bucket, key))
    assert bucket.keys("out/") == [f"out/{key.rpartition('/')[2]}"]


def test_an_event_in_a_message_is_held_to_the_filters(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = taking(function, bucket)
    invoke(made, "lambda", in_queue(by_rule(bucket, "in/a.jpg")))
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["ignored"]


def test_notifications_and_other_buckets_are_not_held_to_them(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """S3 goes by the filters itself, those of the moment of the upload; and somebody may have made
    a rule of his own for a bucket that no input names."""
    made = taking(function, bucket)
    invoke(made, "lambda", stored(bucket, "in/a.jpg"))
    foreign = bucket.cloud.bucket("foreign")
    invoke(made, "lambda", by_rule(foreign, "anywhere/b.jpg"))
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["succeeded"] * 2


def test_a_job_takes_what_was_submitted(function: Make, bucket: Bucket) -> None:
    """Its filters may be newer than the event."""
    made = taking(function, bucket, "batch")
    event = by_rule(bucket, "in/a.txt")
    invoke(made, "batch", event)
    made.config.write_text(made.config.read_text().replace(".txt", ".csv"))
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a.txt"]


def test_by_hand_the_filters_hold_too(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = taking(function, bucket)
    assert run_event(made.runtime(), by_rule(bucket, "in/a.jpg")) == 0
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["ignored"]
