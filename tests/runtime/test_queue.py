"""Files that come to a function's script through its own queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime.claims import DONE, FAILED, SUBMITTED, Claim, Holder
from scar_runtime.errors import BusyError
from scar_runtime.events import Record, parse
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.runtime import Runtime

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored
from tests.support.windows import QUEUE, message

Make = Callable[..., Function]


def queued(made: Function) -> Runtime:
    return made.runtime(SCAR_EVENT_QUEUE=QUEUE)


def held(runtime: Runtime, event: Any, seconds: float = 300) -> Claim:
    """The claim of another delivery that works on the record of an event."""
    [record] = parse(event)
    assert runtime.claims
    assert isinstance(record, Record)
    claim = runtime.claims.take(record, "other", Holder("other", time.time() + seconds))
    assert claim
    return claim


def test_a_message_is_given_back_while_another_delivery_works_on_its_file(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """If that one fails, it is this one which brings the file again."""
    runtime, event = queued(function(COPY)), stored(bucket, "in/a")
    other = held(runtime, event)
    brought = {"Records": [message(event)]}
    with pytest.raises(BusyError, match="another delivery works on it"):
        Invocation(runtime, Invoked()).handle(brought)
    other.advance(FAILED)
    Invocation(runtime, Invoked()).handle(brought)
    assert bucket.keys("out/") == ["out/a"]
    assert [line["status"] for line in executions(capfd.readouterr().out)] == [
        "failed",
        "succeeded",
    ]


@pytest.mark.parametrize(("state", "facts"), [(DONE, {}), (SUBMITTED, {"job": "job-1"})])
def test_a_message_whose_file_needs_nothing_more_is_taken(
    function: Make, bucket: Bucket, state: str, facts: dict[str, str]
) -> None:
    runtime, event = queued(function(COPY, mode="lambda-batch")), stored(bucket, "in/a")
    held(runtime, event).advance(state, **facts)
    Invocation(runtime, Invoked()).handle({"Records": [message(event)]})
    assert bucket.keys("out/") == []


def test_a_delivery_that_died_is_not_waited_for(function: Make, bucket: Bucket) -> None:
    runtime, event = queued(function(COPY)), stored(bucket, "in/a")
    held(runtime, event, seconds=-1)
    Invocation(runtime, Invoked()).handle({"Records": [message(event)]})
    assert bucket.keys("out/") == ["out/a"]


def test_a_duplicate_of_another_queue_is_taken_as_ever(function: Make, bucket: Bucket) -> None:
    runtime, event = queued(function(COPY)), stored(bucket, "in/a")
    held(runtime, event)
    foreign = message(event) | {"eventSourceARN": f"{QUEUE}-of-another"}
    Invocation(runtime, Invoked()).handle({"Records": [foreign]})
    Invocation(runtime, Invoked()).handle(event)
    assert bucket.keys("out/") == []


def test_a_large_file_of_the_queue_goes_to_a_job(function: Make, bucket: Bucket) -> None:
    made = function(COPY, mode="auto", lambda_up_to=1)
    Invocation(queued(made), Invoked()).handle({"Records": [message(stored(bucket, "in/a"))]})
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/a"]
