"""The events of a window of SQS become one array job, each of whose jobs finds its own event."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.aws.errors import AwsError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.stages.stage_in import run_stage_in
from scar_runtime.stages.stage_out import run_stage_out
from scar_runtime.stages.volume import Volume

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, IMAGE, Function, Invoked, executions, stored
from tests.support.windows import QUEUE, message

Make = Callable[..., Function]
CONTAINERS = "stage-in stage-out"
Event = Mapping[str, Any]


def dispatch(made: Function, messages: Sequence[Event]) -> list[str]:
    """What a call with these messages wants to have again."""
    runtime = made.runtime(SCAR_EVENT_QUEUE=QUEUE)
    answer = Invocation(runtime, Invoked()).dispatch({"Records": list(messages)})
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def window(bucket: Bucket, names: str) -> list[dict[str, Any]]:
    return [message(stored(bucket, f"in/{name}", name.encode())) for name in names]


@pytest.fixture
def made(function: Make) -> Function:
    return function(COPY, mode="batch")


def test_the_events_of_a_window_are_one_array_job(
    made: Function, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    messages = window(bucket, "abc")
    assert dispatch(made, messages) == []
    [job] = made.batch.jobs
    assert job["arrayProperties"] == {"size": 3}
    lines = executions(capfd.readouterr().out)
    assert sorted(line["job_id"] for line in lines) == ["job-1:0", "job-1:1", "job-1:2"]
    assert {line["status"] for line in lines} == {"submitted"}
    assert {line["request_id"] for line in lines} == {one["messageId"] for one in messages}
    assert made.claims() == []

    assert [run_job(made.member(0, index)) for index in range(3)] == [0, 0, 0]
    assert [bucket.get(f"out/{name}") for name in "abc"] == [b"a", b"b", b"c"]
    ended = executions(capfd.readouterr().out)
    by_job = {line["job_id"]: line["input"] for line in lines}
    assert {line["job_id"]: line["input"] for line in ended} == by_job
    assert {claim["state"] for claim in made.claims()} == {"done"}


def test_a_window_of_one_event_is_a_plain_job(made: Function, bucket: Bucket) -> None:
    messages = window(bucket, "a")
    assert dispatch(made, messages) == []
    [job] = made.batch.jobs
    assert "arrayProperties" not in job
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a"]


def test_t1_the_same_messages_again_are_not_submitted_again(made: Function, bucket: Bucket) -> None:
    messages = window(bucket, "abc")
    assert dispatch(made, messages) == dispatch(made, messages[::-1]) == []
    assert len(made.batch.jobs) == 1


def test_t1_the_same_event_in_two_arrays_takes_effect_once(
    made: Function, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two deliveries of an event, in windows with other events beside it."""
    events = [stored(bucket, f"in/{name}") for name in "abc"]
    assert dispatch(made, [message(events[0]), message(events[1])]) == []
    assert dispatch(made, [message(events[1]), message(events[2])]) == []
    capfd.readouterr()
    ended = [run_job(made.member(array, index)) for array in (0, 1) for index in (0, 1)]
    assert ended == [0] * 4
    lines = executions(capfd.readouterr().out)
    assert sorted(line["status"] for line in lines) == ["duplicate", *["succeeded"] * 3]
    assert bucket.keys("out/") == ["out/a", "out/b", "out/c"]


def test_t2_a_call_that_died_after_it_submitted_loses_and_doubles_nothing(
    made: Function, bucket: Bucket
) -> None:
    messages = window(bucket, "ab")

    class Death(BaseException):
        """Nothing in the runtime catches it."""

    def die() -> None:
        made.batch.after = lambda: None
        raise Death

    made.batch.after = die
    with pytest.raises(Death):
        dispatch(made, messages)
    assert dispatch(made, messages) == []
    # It is not known that the first is there: of each event, one of two jobs does nothing.
    assert len(made.batch.jobs) == 2
    assert {run_job(made.member(array, index)) for array in (0, 1) for index in (0, 1)} == {0}
    assert bucket.keys("out/") == ["out/a", "out/b"]
    assert len(made.claims()) == 2


def test_what_cannot_be_submitted_comes_again(
    made: Function, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    messages = window(bucket, "ab")

    def refuse() -> None:
        raise AwsError("ClientException", "the queue is not there", 400)

    made.batch.before = refuse
    assert sorted(dispatch(made, messages)) == sorted(one["messageId"] for one in messages)
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines] == ["failed", "failed"]
    assert "the queue is not there" in lines[0]["reason"]
    made.batch.before = lambda: None
    assert dispatch(made, messages) == []
    assert [run_job(made.member(0, index)) for index in (0, 1)] == [0, 0]


def test_a_message_that_cannot_be_read_comes_again_alone(made: Function, bucket: Bucket) -> None:
    broken = message("{")
    test_event = message({"Event": "s3:TestEvent", "Bucket": bucket.name})
    assert dispatch(made, [*window(bucket, "ab"), broken, test_event]) == [broken["messageId"]]
    assert [job["arrayProperties"]["size"] for job in made.batch.jobs] == [2]


def test_a_job_of_an_array_that_is_tried_again_goes_on(function: Make, bucket: Bucket) -> None:
    made = function(COPY + '; [ "$AWS_BATCH_JOB_ATTEMPT" = 2 ]', mode="batch")
    dispatch(made, window(bucket, "ab"))
    assert run_job(made.member(0, 0, attempt=1)) == 1
    assert run_job(made.member(0, 0, attempt=2)) == 0
    assert len(bucket.keys("out/")) == 1
    [claim] = made.claims()
    assert (claim["state"], claim["job"]) == ("done", "job-1:0")


def test_a_manifest_that_has_expired_is_said(
    made: Function, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    dispatch(made, window(bucket, "ab"))
    made.spool.client.delete_object(Bucket=made.spool.name, Key=made.batch.event_key(0))
    capfd.readouterr()
    assert run_job(made.member(0, 0)) == 2
    [line] = executions(capfd.readouterr().out)
    assert "expired?" in line["reason"]


def test_a_redriven_event_is_a_plain_job(made: Function, bucket: Bucket) -> None:
    """What redrive brings does not come through the queue."""
    event = stored(bucket, "in/a")
    dispatch(made, [message(event), *window(bucket, "b")])
    runtime = made.runtime(SCAR_EVENT_QUEUE=QUEUE)
    Invocation(runtime, Invoked()).dispatch(event)
    assert [job.get("arrayProperties") for job in made.batch.jobs] == [{"size": 2}, None]


def test_ten_thousand_events_are_a_few_requests(made: Function, bucket: Bucket) -> None:
    event = json.dumps(stored(bucket, "in/a"))
    messages = [message(event.replace("in/a", f"in/{number}")) for number in range(10_001)]
    assert dispatch(made, messages) == []
    sizes = [job.get("arrayProperties") for job in made.batch.jobs]
    assert sizes == [{"size": 10_000}, None]
    kinds = [key.split("/")[1] for key in made.spool.keys("f/")]
    assert sorted(kinds) == ["bursts", "bursts", "claims", "jobs"]
    assert run_job(made.member(0, 9_999)) != 0  # there is no such file
    [claim] = [one for one in made.claims() if one["state"] == "failed"]
    assert claim["job"] == "job-1:9999"


def test_jobs_of_an_array_find_their_event_in_three_containers(
    function: Make, bucket: Bucket, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="batch")
    runtime = made.runtime(SCAR_JOB_CONTAINERS=CONTAINERS, SCAR_EVENT_QUEUE=QUEUE)
    messages = [message(stored(bucket, f"in/{name}", name.encode())) for name in "ab"]
    Invocation(runtime, Invoked()).dispatch({"Records": messages})
    [request] = made.batch.jobs
    (task,) = request["ecsPropertiesOverride"]["taskProperties"]
    key = task["containers"][0]["environment"][0]["value"]
    for index in (0, 1, 1):
        volume = Volume(tmp_path / f"volume-{index}")
        volume.root.mkdir(exist_ok=True)
        platform = {"AWS_BATCH_JOB_ID": f"job:{index}", "AWS_BATCH_JOB_ARRAY_INDEX": str(index)}
        job = made.runtime({**IMAGE, **platform}, **platform, SCAR_JOB_EVENT=key)
        assert run_stage_in(job, volume) == 0
        subprocess.run(["/bin/sh", str(volume.launcher)], check=True)
        assert run_stage_out(job, volume) == 0
    assert [bucket.get(f"out/{name}") for name in "ab"] == [b"a", b"b"]
    ended = [line["status"] for line in executions(capfd.readouterr().out)]
    assert ended == ["submitted", "submitted", "succeeded", "succeeded", "duplicate"]
