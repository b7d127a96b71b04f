"""Promises of the runtime that no other module is about; docs/runtime.md lists all of them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPResponse
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scar_runtime.aws.client import Client
from scar_runtime.aws.request import Request
from scar_runtime.errors import MismatchError, ScarError
from scar_runtime.events import Record, parse
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from scar_constructs.operate.redrive.failures import Failure, with_first_request
from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, s3_record, stored

T = TypeVar("T")
Make = Callable[..., Function]
MODES = ["lambda", "batch"]
JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html"""
SUBMIT_BYTES, OVERRIDES_LETTERS = 30 * 1024, 8192
"""https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"""


class Killed(BaseException):
    """Stands for the end of the process: nothing in the runtime catches it."""


def deliver(made: Function, mode: str, event: Any, request_id: str | None = None) -> None:
    invocation = Invocation(made.runtime(), Invoked(request_id) if request_id else Invoked())
    (invocation.dispatch if mode == "batch" else invocation.handle)(event)


@pytest.mark.parametrize("mode", MODES)
def test_t1_five_deliveries_at_once_have_one_effect_and_the_next_version_another(
    function: Make, bucket: Bucket, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode=mode)
    done = {"lambda": "succeeded", "batch": "submitted"}[mode]
    for version in (1, 2):
        event = stored(bucket, "in/a", b"version %d" % version)
        together = threading.Barrier(5)

        def deliver_together(_: int, event: Any = event, together: Any = together) -> None:
            together.wait()
            deliver(made, mode, event)

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(deliver_together, range(5)))
        states = sorted(line["status"] for line in executions(capfd.readouterr().out))
        assert states == ["duplicate"] * 4 + [done]
        assert len(made.batch.jobs) == (version if mode == "batch" else 0)


def dying_at(number: int, *, after: bool) -> type[Client]:
    """A client with which the process dies just before or after its request of this number."""

    class Dying(Client):
        sent = 0

        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            Dying.sent += 1
            if Dying.sent == number and not after:
                raise Killed
            answer = super().send(request, region, receive)
            if Dying.sent == number and after:
                raise Killed
            return answer

    return Dying


CLAIM, DOCUMENT, NOTE = 1, 2, 3
"""The dispatcher's requests of S3, in order; SubmitJob comes before the last."""


@pytest.mark.parametrize(
    ("request_number", "after", "jobs"),
    [
        pytest.param(CLAIM, False, 1, id="before the claim"),
        pytest.param(CLAIM, True, 1, id="after the claim"),
        pytest.param(DOCUMENT, True, 1, id="before SubmitJob"),
        pytest.param(NOTE, False, 2, id="after SubmitJob, before its note"),
        pytest.param(NOTE, True, 1, id="after the note"),
    ],
)
def test_t2_a_dispatcher_killed_at_any_moment_has_one_visible_effect(
    function: Make, bucket: Bucket, request_number: int, after: bool, jobs: int
) -> None:
    bucket.versioned()
    made = function(COPY, mode="batch")
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        deliver(replace(made, client=dying_at(request_number, after=after)), "batch", event, "id")
    deliver(made, "batch", event, "id")
    assert len(made.batch.jobs) == jobs
    assert {run_job(made.job(number)) for number in range(jobs)} == {0}
    assert bucket.versions("out/") == ["out/a"]


def test_t3_another_payload_under_the_same_request_id_is_an_error(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="batch")
    deliver(made, "batch", {"n": 1}, "id")
    deliver(made, "batch", {"n": 1}, "id")
    capfd.readouterr()
    with pytest.raises(MismatchError, match="identity of an earlier one, with another sha256"):
        deliver(made, "batch", {"n": 2}, "id")
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed"]
    assert len(made.batch.jobs) == 1


@pytest.mark.parametrize("fact", ["size", "eTag"])
@pytest.mark.parametrize("mode", MODES)
def test_t3_another_object_under_the_same_version_is_an_error(
    function: Make, bucket: Bucket, mode: str, fact: str
) -> None:
    bucket.versioned()
    made = function(COPY, mode=mode)
    event = stored(bucket, "in/a")
    deliver(made, mode, event)
    deliver(made, mode, event)
    other = json.loads(json.dumps(event))
    other["Records"][0]["s3"]["object"][fact] = 17 if fact == "size" else "0" * 32
    with pytest.raises(MismatchError, match="no duplicate"):
        deliver(made, mode, other)


def test_t3_the_same_object_told_in_two_forms_is_one(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """EventBridge writes less, and other names; what both say is the same."""
    made = function(COPY)
    event = stored(bucket, "in/a b")
    facts = event["Records"][0]["s3"]["object"]
    told = {"key": "in/a b", "size": facts["size"], "etag": facts["eTag"]}
    deliver(made, "lambda", event)
    bridged = eventbridge(bucket.name, {**told, "sequencer": facts["sequencer"]})
    deliver(made, "lambda", bridged)
    states = [line["status"] for line in executions(capfd.readouterr().out)]
    assert states == ["succeeded", "duplicate"]


def eventbridge(bucket: str, facts: dict[str, Any]) -> dict[str, Any]:
    detail = {"bucket": {"name": bucket}, "object": facts, "reason": "PutObject"}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


SEPARATORS = st.sampled_from(["/", "//", "../", "./", " ", "+", "%", "%2B", "%25", "&", "#", "'"])
KEYS = st.lists(SEPARATORS | st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1)
"""What may be in a key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


def cut(parts: list[str]) -> str:
    return "".join(parts).encode()[:1021].decode("utf-8", "ignore")


OBJECT_KEYS = KEYS.map(cut).filter(lambda key: key.strip("/.") and not key.endswith("/"))


@given(OBJECT_KEYS)
def test_t8_a_key_is_decoded_once_of_s3_and_never_of_eventbridge(key: str) -> None:
    native = {"Records": [s3_record("b", key, size=1)]}
    for event in (native, eventbridge("b", {"key": key, "size": 1})):
        [record] = parse(event)
        assert isinstance(record, Record)
        assert record.object
        assert record.object.key == key
        # As it travels to a job.
        [again] = parse(json.loads(json.dumps(record.event)))
        assert isinstance(again, Record)
        assert again.object == record.object


@given(key=OBJECT_KEYS)
@settings(max_examples=15)
def test_t8_any_key_goes_through_a_job_within_all_limits(
    function: Make, bucket: Bucket, key: str
) -> None:
    made = function(
        'f=$(find "$SCAR_INPUT_DIR" -type f); [ "$f" = "$INPUT_FILE_PATH" ] &&'
        ' [ "$(dirname "$f")" = "$SCAR_INPUT_DIR" ] && cp "$f" "$SCAR_OUTPUT_DIR" &&'
        ' printf %s "$STORAGE_OBJECT_KEY" >"$SCAR_OUTPUT_DIR/.key"',
        mode="batch",
        outputs=[{"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}],
    )
    deliver(made, "batch", stored(bucket, f"in/{key}", key.encode()), "id")
    [job] = made.batch.jobs
    assert JOB_NAME.fullmatch(job["jobName"])
    assert len(json.dumps(job)) <= SUBMIT_BYTES
    assert len(json.dumps(job["containerOverrides"])) <= OVERRIDES_LETTERS
    assert run_job(made.job(0)) == 0
    assert bucket.get("out/id/.key").decode() == f"in/{key}"
    [output] = set(bucket.keys("out/id/")) - {"out/id/.key"}
    name = key.rsplit("/", 1)[-1]
    if name not in (".", "..") and len(name.encode()) <= 255:
        assert output == f"out/id/{name}"
    assert bucket.get(output) == key.encode()
    bucket.client.delete_object(Bucket=bucket.name, Key=output)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("event", [{"n": 1}, "text", {"cmd_args": ["true"]}, {"event": {"n": 1}}])
def test_t1_an_event_without_an_object_that_is_redriven_twice_runs_once(
    function: Make, mode: str, event: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """As when the answer to the first redrive was lost: Lambda gives each its own request id."""
    made = function("true\n", mode=mode)
    failure = Failure("f", "broke", event, request_id="first")
    again = with_first_request(failure, event)
    assert with_first_request(failure, again) == again

    for request_id in ("second", "third"):
        deliver(made, mode, again, request_id)

    done = {"lambda": "succeeded", "batch": "submitted"}[mode]
    states = [line["status"] for line in executions(capfd.readouterr().out)]
    assert states == [done, "duplicate"]
    assert [claim["of"] for claim in made.claims()] == [["request", "first"]]
    (expected,), (got,) = parse(event), parse(again)
    assert isinstance(expected, Record)
    assert isinstance(got, Record)
    assert (got.payload, got.arguments) == (expected.payload, expected.arguments)


def test_t1_a_redrive_takes_the_claim_of_the_request_that_failed(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function('test -e "$MENDED"\n', outputs=[{"bucket": "b", "folder": "out"}])
    event = {"n": 1}
    with pytest.raises(ScarError):
        deliver(made, "lambda", event, "first")
    again = with_first_request(Failure("f", "broke", event, request_id="first"), event)
    with pytest.raises(ScarError):
        deliver(made, "lambda", again, "second")

    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed", "failed"]
    assert [claim["of"] for claim in made.claims()] == [["request", "first"]]
