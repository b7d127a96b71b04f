"""The dispatcher, the job, and the hand-over from Lambda to Batch."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from http.client import HTTPResponse
from typing import TypeVar

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Request
from scar_runtime.batch import SubmitError, job_name
from scar_runtime.events import Record, StoredObject
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, IMAGE, Clock, Function, Invoked, executions, stored

T = TypeVar("T")
Make = Callable[..., Function]


def test_the_dispatcher_submits_one_job_per_record(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="batch")
    events = [stored(bucket, f"in/{name}") for name in ("a b", "c")]
    event = {"Records": [record for one in events for record in one["Records"]]}
    answer = Invocation(made.runtime(), Invoked("the-id")).dispatch(event)
    assert json.loads(base64.b64decode(answer["body"])) == {"jobs": ["job-1", "job-2"]}
    assert [job["jobName"] for job in made.batch.jobs] == ["f-a_b", "f-c"]
    assert {job["jobQueue"] for job in made.batch.jobs} == {"queue"}
    assert {job["jobDefinition"] for job in made.batch.jobs} == {"definition"}
    lines = executions(capfd.readouterr().out)
    assert [(line["status"], line["job_id"]) for line in lines] == [
        ("submitted", "job-1"),
        ("submitted", "job-2"),
    ]
    assert bucket.keys("out/") == []


def test_the_job_runs_the_script_under_the_dispatcher_s_request_id(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    output = {"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}
    made = function(COPY, mode="batch", outputs=[output])
    Invocation(made.runtime(), Invoked("the-id")).dispatch(stored(bucket, "in/a b"))
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/the-id/a b"]
    line = executions(capfd.readouterr().out)[-1]
    assert (line["service"], line["request_id"], line["status"]) == ("batch", "the-id", "succeeded")


def test_a_job_ends_with_the_script_s_code(function: Make, bucket: Bucket) -> None:
    made = function(COPY + "; exit 7", mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    assert run_job(made.job(0)) == 7
    assert bucket.keys("out/") == []


def test_t6_a_retried_job_publishes_once(function: Make, bucket: Bucket) -> None:
    made = function(COPY + '; [ "$AWS_BATCH_JOB_ATTEMPT" = 2 ]', mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    assert run_job(made.job(0, attempt=1)) == 1
    assert bucket.keys("out/") == []
    assert run_job(made.job(0, attempt=2)) == 0
    assert bucket.keys("out/") == ["out/a"]


def test_out_of_time_becomes_a_job_and_outputs_appear_once(
    function: Make, bucket: Bucket, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(slow(clock), mode="lambda-batch")
    Invocation(made.runtime(), Invoked("the-id")).handle(stored(bucket, "in/a"))
    assert bucket.keys("out/") == []
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a"]
    lines = executions(capfd.readouterr().out)
    assert [(line["service"], line["status"], line["request_id"]) for line in lines] == [
        ("lambda", "delegated", "the-id"),
        ("batch", "succeeded", "the-id"),
    ]


@pytest.mark.parametrize(("size", "status"), [(100, "succeeded"), (101, "submitted")])
def test_a_file_above_the_size_is_a_job_from_the_start(
    function: Make, bucket: Bucket, size: int, status: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="auto", lambda_up_to=100)
    event = stored(bucket, "in/a", b"x" * size)
    invoked = Invoked("the-id")
    for _ in range(2):  # the second delivery does nothing
        Invocation(made.runtime(), invoked).handle(event)
    if status == "submitted":
        assert bucket.keys("out/") == []
        assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a"]
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines if line["service"] == "lambda"] == [
        status,
        "duplicate",
    ]
    assert len(made.batch.jobs) == (status == "submitted")


def test_a_file_whose_size_is_not_told_begins_in_the_function(
    function: Make, bucket: Bucket
) -> None:
    made = function(COPY, mode="auto", lambda_up_to=1)
    event = stored(bucket, "in/a")
    del event["Records"][0]["s3"]["object"]["size"]
    Invocation(made.runtime(), Invoked()).handle(event)
    assert bucket.keys("out/") == ["out/a"]
    assert made.batch.jobs == []


def test_what_outlasts_an_automatic_function_becomes_a_job(
    function: Make, bucket: Bucket, clock: Clock
) -> None:
    made = function(slow(clock), mode="auto", lambda_up_to=100)
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    assert bucket.keys("out/") == []
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a"]


def test_a_download_that_takes_too_long_becomes_a_job_too(
    function: Make, bucket: Bucket, clock: Clock
) -> None:
    clock.seconds = 300
    made = function(COPY, mode="lambda-batch")
    event = stored(bucket, "in/large", b"x" * (1024 * 1024))

    class Slow(Client):
        """All the time passes before the answer is read."""

        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            def late(answer: HTTPResponse) -> T:
                if request.path.endswith("large"):
                    clock.ready.touch()
                return receive(answer)

            return super().send(request, region, late)

    runtime = dataclasses.replace(made, client=Slow).runtime()
    Invocation(runtime, Invoked()).handle(event)
    assert bucket.keys("out/") == []
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/large"]


def slow(clock: Clock) -> str:
    """A script that never ends in a function, whose time is over once its output is there."""
    clock.seconds = 300
    return COPY + f'; [ -z "$AWS_BATCH_JOB_ID" ] && touch {clock.ready} && sleep 600; true'


def test_a_delivery_again_after_the_hand_over_does_nothing(
    function: Make, bucket: Bucket, clock: Clock
) -> None:
    made = function(slow(clock), mode="lambda-batch")
    event = stored(bucket, "in/a")
    invoked = Invoked()
    Invocation(made.runtime(), invoked).handle(event)
    Invocation(made.runtime(), Invoked(invoked.aws_request_id)).handle(event)
    Invocation(made.runtime(), Invoked()).handle(event)
    assert len(made.batch.jobs) == 1


def test_a_payload_travels_through_the_spool(function: Make, bucket: Bucket) -> None:
    made = function('cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR"/payload', mode="batch")
    payload = {"text": "x" * 1_000_000}
    Invocation(made.runtime(), Invoked()).dispatch(payload)
    assert len(json.dumps(made.batch.jobs[0])) < 1000
    assert run_job(made.job(0)) == 0
    assert json.loads(bucket.get("out/payload")) == payload


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(("TooManyRequestsException", "slow down", 429), id="throttled"),
        pytest.param(
            ("ServerException", "Failed to create shareIdentifier f", 500), id="no share yet"
        ),
    ],
)
def test_an_answer_that_made_no_job_is_asked_again(
    refusal: tuple[str, str, int], function: Make, bucket: Bucket
) -> None:
    made = function(COPY, mode="batch")
    refusals = [AwsError(*refusal), AwsError(*refusal)]

    def before() -> None:
        if refusals:
            raise refusals.pop()

    made.batch.before = before
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    assert len(made.batch.jobs) == 1


def test_a_lost_answer_is_not_tried_again_by_us(function: Make, bucket: Bucket) -> None:
    made = function(COPY, mode="batch")

    def lose() -> None:
        raise AwsError("RemoteDisconnected", "closed without an answer")

    made.batch.after = lose
    invocation = Invocation(made.runtime(), Invoked())
    event = stored(bucket, "in/a")
    with pytest.raises(SubmitError, match="cannot submit a job: RemoteDisconnected"):
        invocation.dispatch(event)
    assert len(made.batch.jobs) == 1


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("in/red flower+1.jpg", "f-red_flower_1_jpg"),
        ("日本", "f-__"),
        ("in/" + "x" * 1000, "f-" + "x" * 126),
    ],
    ids=["letters", "scripts", "length"],
)
def test_job_names_are_what_batch_allows(key: str, name: str) -> None:
    assert job_name("f", Record({}, object=StoredObject("bucket", key))) == name


def test_a_job_names_the_function_s_share_of_the_queue(
    function: Make, bucket: Bucket, clock: Clock
) -> None:
    """From the dispatcher, and where a function hands over what it has no time for."""
    made = function(COPY, mode="batch")
    runtime = made.runtime(SCAR_JOB_SHARE="resizez1it")
    Invocation(runtime, Invoked()).dispatch(stored(bucket, "in/a"))
    late = function(slow(clock), mode="lambda-batch")
    runtime = late.runtime(SCAR_JOB_SHARE="resizez1it")
    Invocation(runtime, Invoked()).handle(stored(bucket, "in/b"))
    shares = [job["shareIdentifier"] for job in [*made.batch.jobs, *late.batch.jobs]]
    assert shares == ["resizez1it"] * 2


def test_a_queue_without_shares_is_told_none(function: Make, bucket: Bucket) -> None:
    made = function(COPY, mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    assert "shareIdentifier" not in made.batch.jobs[0]


def test_a_job_over_several_hosts_tells_all_of_them(function: Make, bucket: Bucket) -> None:
    made = function(COPY, mode="batch")
    invocation = Invocation(made.runtime(SCAR_JOB_NODES="3"), Invoked())
    invocation.dispatch(stored(bucket, "in/a"))
    [job] = made.batch.jobs
    [every] = job["nodeOverrides"]["nodePropertyOverrides"]
    assert every["targetNodes"] == "0:"
    [variable] = every["containerOverrides"]["environment"]
    assert variable["name"] == "SCAR_JOB_EVENT"
    assert made.spool.get(variable["value"])
    assert "containerOverrides" not in job


def test_only_the_main_node_publishes_and_reports(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    script = COPY + '; echo "node $AWS_BATCH_JOB_NODE_INDEX"; exit "$AWS_BATCH_JOB_NODE_INDEX"'
    made = function(script, mode="batch", outputs=[{"bucket": bucket.name, "folder": "out"}])
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    capfd.readouterr()

    def node(index: int) -> int:
        places = {
            "AWS_BATCH_JOB_ID": f"job-1#{index}",
            "AWS_BATCH_JOB_NODE_INDEX": str(index),
            "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0",
        }
        event = made.batch.event_key(0)
        return run_job(made.runtime({**IMAGE, **places}, **places, SCAR_JOB_EVENT=event))

    assert node(3) == 3
    assert node(0) == 0
    before, _, after = capfd.readouterr().out.partition("node 0")
    assert "node 3" in before
    assert executions(before) == []
    assert [line["status"] for line in executions(after)] == ["succeeded"]
    assert bucket.keys("out/") == ["out/a"]


def test_a_node_that_does_not_lead_publishes_nothing(function: Make, bucket: Bucket) -> None:
    made = function(COPY, mode="batch", outputs=[{"bucket": bucket.name, "folder": "out"}])
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    places = {"AWS_BATCH_JOB_NODE_INDEX": "1", "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0"}
    runtime = made.runtime(IMAGE, **places, SCAR_JOB_EVENT=made.batch.event_key(0))
    claims = made.claims()
    assert run_job(runtime) == 0
    assert bucket.keys("out/") == []
    assert made.claims() == claims


def test_a_job_without_an_event_says_so(function: Make, capfd: pytest.CaptureFixture[str]) -> None:
    made = function(COPY, mode="batch")
    assert run_job(made.runtime(AWS_BATCH_JOB_ID="x")) == 2
    assert "SCAR_JOB_EVENT is not set" in capfd.readouterr().out


def test_a_job_whose_event_is_gone_says_so(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="batch")
    runtime = made.runtime(AWS_BATCH_JOB_ID="x", SCAR_JOB_EVENT="f/jobs/none.json")
    assert run_job(runtime) == 2
    assert "f/jobs/none.json is not in the spool bucket" in capfd.readouterr().out
