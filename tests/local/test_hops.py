"""T7: what no check could see is stopped as it runs, with a record of the failure."""

from __future__ import annotations

import json

from tests.local.workflows import Workflow


def test_t7_a_file_that_has_come_too_far_ends_in_the_failure_queue(host: Workflow) -> None:
    """Its metadata count the functions that it has come through."""
    host.storage.put_object(
        Bucket="broken-chain", Key="in/round", Body=b"x", Metadata={"scar-hops": "20"}
    )
    host.finish()
    rows = [row for row in host.rows("broken-1") if row["input"] == "broken-chain/in/round"]
    assert [row["status"] for row in rows] == ["failed"]
    assert host.keys("broken-chain", "one/round") == []
    sqs = host.cloud.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=host.failures(), WaitTimeSeconds=1)["Messages"]
    record = json.loads(message["Body"])
    assert record["responsePayload"]["errorType"] == "LoopError"
    assert "has come through 20 functions" in record["responsePayload"]["errorMessage"]
    sqs.delete_message(QueueUrl=host.failures(), ReceiptHandle=message["ReceiptHandle"])
