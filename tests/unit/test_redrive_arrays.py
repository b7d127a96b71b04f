"""What is read of a failed job of an array, and of what SQS has moved to the failure queue."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from scar_runtime.bursts import manifest

from scar_constructs.operate.redrive import jobs
from scar_constructs.operate.redrive.failures import (
    FailedJob,
    ForeignError,
    RedriveError,
    read_service_failure,
)
from tests.unit.test_redrive_failures import message

KEY = f"resize/bursts/{'a' * 64}"
VARIABLES = [{"name": "SCAR_JOB_EVENT", "value": KEY}]
QUEUE = "arn:aws:sqs:us-east-1:123456789012:scar-events-resize"


class Objects:
    """S3 as far as reading parts of one object goes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] != KEY:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        first, last = map(int, request["Range"].removeprefix("bytes=").split("-"))
        if first >= len(self._content):
            raise ClientError({"Error": {"Code": "InvalidRange"}}, "GetObject")
        return {"Body": io.BytesIO(self._content[first : last + 1]), "ETag": "x"}


def documents(*events: str) -> list[bytes]:
    return [manifest.line_of({"event": event, "claim": None}) for event in events]


def test_a_job_of_an_array_finds_its_document_as_the_runtime_wrote_it() -> None:
    assert manifest.ROW_BYTES == jobs.ROW_BYTES
    spool = jobs.Spool(Objects(manifest.rendered(documents("é", "second"))), "spool", "resize")
    found = [spool.read(FailedJob("job-1", KEY, index)).event for index in (0, 1)]
    assert found == ["é", "second"]


def test_a_manifest_without_the_row_is_damaged() -> None:
    spool = jobs.Spool(Objects(manifest.rendered(documents("a"))), "spool", "resize")
    with pytest.raises(RedriveError, match="is damaged: it has no row 1"):
        spool.read(FailedJob("job-1", KEY, 1))


def test_a_manifest_that_is_gone_has_expired() -> None:
    spool = jobs.Spool(Objects(b""), "spool", "resize")
    with pytest.raises(RedriveError, match="has expired"):
        spool.read(FailedJob("job-1", KEY.replace("a", "b", 70), 0))


@pytest.mark.parametrize(
    "key", [KEY.replace("resize", "other"), "resize/jobs/1.json", "resize/bursts/../x"]
)
def test_a_manifest_of_others_is_not_read(key: str) -> None:
    with pytest.raises(ForeignError, match="is no document of resize"):
        jobs.Spool(Objects(b""), "spool", "resize").read(FailedJob("job-1", key, 0))


def test_a_failed_job_of_an_array_tells_its_index() -> None:
    container = {"environment": VARIABLES, "exitCode": 7}
    body = message(container=container, jobId="job-1:3", arrayProperties={"index": 3})
    assert read_service_failure(body, {}).job == FailedJob("job-1:3", KEY, 3)


def test_an_array_itself_is_no_failure_to_redrive() -> None:
    body = message(container={"environment": VARIABLES}, arrayProperties={"size": 3})
    with pytest.raises(RedriveError, match="each of its jobs that failed has its own message"):
        read_service_failure(body, {})


def test_what_sqs_has_moved_is_of_the_function_of_its_queue() -> None:
    event = {"Records": [{"eventSource": "aws:s3"}]}
    failure = read_service_failure(json.dumps(event), {}, QUEUE)
    assert (failure.function, failure.event, failure.job) == ("resize", event, None)
    assert "failed at it each time" in failure.reason


def test_what_was_moved_from_another_queue_is_not_obeyed() -> None:
    with pytest.raises(ForeignError, match="is the queue of no function"):
        read_service_failure("{}", {}, QUEUE.replace("scar-events-", "mine-"))
