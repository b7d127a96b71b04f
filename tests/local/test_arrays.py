"""Array jobs: their children run by themselves, and what all of them together are follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scar_constructs.emulator.batch.errors import ClientError
from tests.local.fake_engine import FakeEngine
from tests.local.test_batch import Batch
from tests.support.waiting import eventually


def submit(batch: Batch, size: int, **request: Any) -> str:
    return batch.submit(arrayProperties={"size": size}, **request)


def of(batch: Batch, identifier: str) -> Iterator[dict[str, Any]]:
    """The events of a job, in their order."""
    return (dict(event) for event in batch.events if event["jobId"] == identifier)


def test_each_child_runs_and_knows_its_index() -> None:
    engine = FakeEngine(*[0] * 3)
    batch = Batch(engine)
    parent = submit(batch, 3)
    batch.wait()
    indexes = [program.environment["AWS_BATCH_JOB_ARRAY_INDEX"] for program in engine.started]
    assert sorted(indexes) == ["0", "1", "2"]
    ids = {program.environment["AWS_BATCH_JOB_ID"] for program in engine.started}
    assert ids == {f"{parent}:{index}" for index in range(3)}
    assert len({program.name for program in engine.started}) == 3
    assert all(":" not in program.name for program in engine.started)


def test_the_parent_is_pending_until_all_have_ended() -> None:
    batch = Batch(FakeEngine(*[0] * 3))
    parent = submit(batch, 3)
    batch.wait()
    events = list(of(batch, parent))
    assert [event["status"] for event in events] == ["SUBMITTED", "PENDING", "SUCCEEDED"]
    assert [event["arrayProperties"]["size"] for event in events] == [3] * 3
    summary = batch.job(parent)["arrayProperties"]["statusSummary"]
    assert (summary["SUCCEEDED"], summary["FAILED"], sum(summary.values())) == (3, 0, 3)
    for index in range(3):
        child = [event["status"] for event in of(batch, f"{parent}:{index}")]
        assert child == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
        assert batch.job(f"{parent}:{index}")["arrayProperties"] == {"index": index}


def test_one_failed_child_fails_the_parent_and_ends_no_other() -> None:
    batch = Batch(FakeEngine(0, 7, 0))
    parent = submit(batch, 3)
    batch.wait()
    assert batch.job(parent)["status"] == "FAILED"
    ended = sorted(batch.job(f"{parent}:{index}")["status"] for index in range(3))
    assert ended == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert [event["status"] for event in batch.events][-1] == "FAILED"
    assert batch.events[-1]["jobId"] == parent


def test_each_child_is_retried_by_itself() -> None:
    batch = Batch(FakeEngine(1, 0, 0), retryStrategy={"attempts": 2})
    parent = submit(batch, 2)
    batch.wait()
    attempts = sorted(len(batch.job(f"{parent}:{index}")["attempts"]) for index in (0, 1))
    assert (batch.job(parent)["status"], attempts) == ("SUCCEEDED", [1, 2])


def test_children_run_as_far_as_there_are_vcpus_and_can_be_ended() -> None:
    batch = Batch(FakeEngine(*[None] * 4))
    parent = submit(batch, 4)

    def running() -> int:
        return int(batch.job(parent)["arrayProperties"]["statusSummary"]["RUNNING"])

    eventually(lambda: running() == 2)
    shown = batch.api.list_jobs({"arrayJobId": parent, "jobStatus": "RUNNABLE"})["jobSummaryList"]
    assert len(shown) == 2
    listed = batch.api.list_jobs({"jobQueue": "q", "jobStatus": "PENDING"})["jobSummaryList"]
    assert [one["jobId"] for one in listed] == [parent]
    batch.api.terminate_job({"jobId": parent, "reason": "enough"})
    batch.wait()
    assert batch.job(parent)["status"] == "FAILED"
    assert {batch.job(f"{parent}:{index}")["statusReason"] for index in range(4)} == {"enough"}


@pytest.mark.parametrize("size", [1, 10_001])
def test_an_array_has_two_to_ten_thousand_jobs(size: int) -> None:
    with pytest.raises(ClientError, match="Array size must be 2 to 10000"):
        submit(Batch(FakeEngine()), size)
