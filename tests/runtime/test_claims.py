"""Of all deliveries of one event, exactly one takes effect: duplicates, crashes, take-overs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scar_runtime.claims import DONE, FAILED, PUBLISHING, Claims, Holder, LostClaimError
from scar_runtime.errors import ScriptError
from scar_runtime.events import Record, StoredObject
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.spool import Spool

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored

Make = Callable[..., Function]
NOW = 1_000_000.0
RECORD = Record({}, object=StoredObject("bucket", "key", etag="e", sequencer="1"))


class Killed(BaseException):
    """Stands for the end of the process: nothing in the runtime catches it."""


def at(spool: Bucket, seconds: float) -> Claims:
    return Claims(Spool(spool.s3, spool.name, "f"), lambda: seconds)


def test_another_delivery_is_a_duplicate(bucket: Bucket) -> None:
    assert at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert at(bucket, NOW).take(RECORD, "b", Holder("b", NOW + 10)) is None


def test_a_retry_of_the_same_delivery_goes_on(bucket: Bucket) -> None:
    assert at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))


def test_nobody_goes_on_after_the_end(bucket: Bucket) -> None:
    claim = at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert claim
    claim.advance(DONE)
    assert at(bucket, NOW + 99).take(RECORD, "a", Holder("a", NOW + 10)) is None
    assert at(bucket, NOW + 99).take(RECORD, "b", Holder("b", NOW + 10)) is None


def test_another_delivery_goes_on_after_a_failure(bucket: Bucket) -> None:
    claim = at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert claim
    claim.advance(FAILED)
    assert at(bucket, NOW).take(RECORD, "b", Holder("b", NOW + 10))


def test_a_holder_past_its_deadline_is_gone_and_cannot_publish(bucket: Bucket) -> None:
    old = at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert old
    assert at(bucket, NOW + 9).take(RECORD, "b", Holder("b", NOW + 20)) is None
    new = at(bucket, NOW + 11).take(RECORD, "b", Holder("b", NOW + 20))
    assert new
    with pytest.raises(LostClaimError, match="was taken over"):
        old.advance(PUBLISHING)
    new.advance(PUBLISHING)


@pytest.mark.parametrize(
    "other",
    [
        StoredObject("bucket", "key", etag="e", sequencer="2"),
        StoredObject("bucket", "key", etag="f", sequencer="1"),
        StoredObject("bucket", "key", version="v", etag="e", sequencer="1"),
        StoredObject("bucket", "other", etag="e", sequencer="1"),
    ],
    ids=["written again", "other content", "other version", "other key"],
)
def test_another_version_is_another_claim(bucket: Bucket, other: StoredObject) -> None:
    assert at(bucket, NOW).take(RECORD, "a", Holder("a", NOW + 10))
    assert at(bucket, NOW).take(Record({}, object=other), "b", Holder("b", NOW + 10))


def test_a_failed_run_is_repeated_by_its_retry(
    function: Make, bucket: Bucket, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    made = function(f"{COPY}; echo try >>{tries}; [ $(wc -l <{tries}) = 2 ]")
    event = stored(bucket, "in/a")
    invocation = Invocation(made.runtime(), Invoked("delivery"))
    with pytest.raises(ScriptError, match="code 1"):
        invocation.handle(event)
    Invocation(made.runtime(), Invoked("delivery")).handle(event)
    Invocation(made.runtime(), Invoked("delivery")).handle(event)
    assert tries.read_text() == "try\ntry\n"
    assert bucket.keys("out/") == ["out/a"]


@pytest.mark.parametrize("first", [0, 1], ids=["first job first", "second job first"])
def test_t2_a_dispatcher_killed_after_submitting_has_one_visible_effect(
    function: Make, bucket: Bucket, first: int, capfd: pytest.CaptureFixture[str]
) -> None:
    bucket.versioned()
    made = function(COPY, mode="batch")
    event = stored(bucket, "in/a")
    kill_at("after", made, event)
    Invocation(made.runtime(), Invoked("delivery")).dispatch(event)
    assert len(made.batch.jobs) == 2
    assert [run_job(made.job(first)), run_job(made.job(1 - first))] == [0, 0]
    lines = executions(capfd.readouterr().out)
    states = sorted(line["status"] for line in lines if line["service"] == "batch")
    assert states == ["duplicate", "succeeded"]
    assert bucket.versions("out/") == ["out/a"]


def test_t2_a_job_that_began_before_its_dispatcher_s_retry_is_the_only_one(
    function: Make, bucket: Bucket
) -> None:
    made = function(COPY, mode="batch")
    event = stored(bucket, "in/a")
    kill_at("after", made, event)
    assert run_job(made.job(0)) == 0
    Invocation(made.runtime(), Invoked("delivery")).dispatch(event)
    assert len(made.batch.jobs) == 1


def kill_at(moment: str, made: Function, event: object) -> None:
    """Dispatch the event as `delivery`, and die before or after the job is submitted."""

    def die() -> None:
        raise Killed

    setattr(made.batch, moment, die)
    invocation = Invocation(made.runtime(), Invoked("delivery"))
    with pytest.raises(Killed):
        invocation.dispatch(event)
    setattr(made.batch, moment, lambda: None)


def test_a_claim_says_for_people_what_it_is_of(function: Make, bucket: Bucket) -> None:
    made = function(COPY)
    event = stored(bucket, "in/a")
    Invocation(made.runtime(), Invoked("delivery")).handle(event)
    [claim] = made.claims()
    assert claim["state"] == "done"
    assert claim["holder"] == "delivery"
    facts = event["Records"][0]["s3"]["object"]
    assert claim["of"] == ["s3", bucket.name, "in/a", facts["eTag"], facts["sequencer"]]
    assert json.dumps(claim).isascii()
