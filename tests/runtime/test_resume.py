"""T6, whole outputs: who goes on after a death amid publishing writes only what is not there yet.

Each object that is written is an event for the next function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Request
from scar_runtime.errors import ScarError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored

T = TypeVar("T")
Make = Callable[..., Function]
MANY = 'for n in 1 2 3 4 5 6 7 8; do echo "$n" >"$SCAR_OUTPUT_DIR/$n"; done'
LARGE = 'head -c 20000000 /dev/zero >"$SCAR_OUTPUT_DIR/large"; echo s >"$SCAR_OUTPUT_DIR/small"'
EIGHT = [f"out/{n}" for n in range(1, 9)]


class Killed(BaseException):
    """Stands for the end of the process: nothing in the runtime catches it."""


def dying(bucket: str, writes: int, *, after: bool) -> type[Client]:
    """A client with which the process dies at the write to the bucket after so many; `after`
    it is done, but nobody heard so."""

    class Dying(Client):
        written = 0

        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            if request.method not in ("PUT", "POST") or f"/{bucket}/" not in request.path:
                return super().send(request, region, receive)
            Dying.written += 1
            last = Dying.written > writes
            if last and not after:
                raise Killed
            answer = super().send(request, region, receive)
            if last:
                raise Killed
            return answer

    return Dying


def counting(kind: str, asked: list[str]) -> type[Client]:
    """A client that lists the paths of its requests of one kind."""

    class Counting(Client):
        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            if request.method == kind:
                asked.append(request.path)
            return super().send(request, region, receive)

    return Counting


def invoke(made: Function, event: object, request_id: str, client: type[Client] = Client) -> None:
    runtime = replace(made, client=client).runtime()
    with closing(runtime.connections):
        Invocation(runtime, Invoked(request_id)).handle(event)


@pytest.mark.parametrize("after", [False, True], ids=["before a write", "after a write"])
@pytest.mark.parametrize("writes", [0, 3, 7])
def test_t6_a_retry_writes_each_output_once(
    function: Make, bucket: Bucket, writes: int, after: bool
) -> None:
    bucket.versioned()
    made = function(MANY)
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        invoke(made, event, "delivery", dying(bucket.name, writes, after=after))
    invoke(made, event, "delivery")
    assert bucket.versions("out/") == EIGHT


@pytest.mark.parametrize("writes", [1, 3, 5])
def test_t6_a_retry_writes_an_output_in_parts_once(
    function: Make, bucket: Bucket, writes: int
) -> None:
    """Five writes for the large one (begin, three parts, end), one for the small one."""
    bucket.versioned()
    made = function(LARGE)
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        invoke(made, event, "delivery", dying(bucket.name, writes, after=True))
    invoke(made, event, "delivery")
    assert bucket.versions("out/") == ["out/large", "out/small"]
    assert bucket.get("out/large") == bytes(20_000_000)


def test_t6_a_job_s_second_attempt_goes_on_where_the_first_was_ended(
    function: Make, bucket: Bucket
) -> None:
    bucket.versioned()
    made = function(MANY, mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    with pytest.raises(Killed):
        run_job(replace(made, client=dying(bucket.name, 4, after=True)).job(0, attempt=1))
    assert run_job(made.job(0, attempt=2)) == 0
    assert bucket.versions("out/") == EIGHT


def test_t6_another_delivery_goes_on_under_the_first_one_s_keys(
    function: Make, bucket: Bucket
) -> None:
    """Even where the request id is part of the key: the next function sees one set of files."""
    bucket.versioned()
    output = {"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}
    made = function(MANY, outputs=[output])
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        invoke(made, event, "first", dying(bucket.name, 4, after=True))
    invoke(made, event, "too early")
    invoke(replace(made, ahead=3600), event, "second")
    assert bucket.versions("out/") == [key.replace("out/", "out/first/") for key in EIGHT]


def test_t6_an_event_without_an_object_is_resumed_too(function: Make, bucket: Bucket) -> None:
    """An asynchronous invocation, which Lambda repeats under the same request id."""
    bucket.versioned()
    made = function(MANY)
    with pytest.raises(Killed):
        invoke(made, {"any": "payload"}, "delivery", dying(bucket.name, 4, after=True))
    invoke(made, {"any": "payload"}, "delivery")
    invoke(made, {"any": "payload"}, "delivery")
    assert bucket.versions("out/") == EIGHT


def test_t6_a_failure_amid_publishing_is_resumed_too(function: Make, bucket: Bucket) -> None:
    bucket.versioned()
    made = function(MANY)
    event = stored(bucket, "in/a")

    class Refusing(Client):
        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            if request.path.endswith("out/5"):
                raise AwsError("ServiceUnavailable", "not now", 503)
            return super().send(request, region, receive)

    with pytest.raises(ScarError, match="not now"):
        invoke(made, event, "delivery", Refusing)
    invoke(made, event, "delivery")
    assert bucket.versions("out/") == EIGHT


def test_t6_what_the_second_run_makes_otherwise_is_written_over(
    function: Make, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.versioned()
    made = function(MANY + f'; date +%s%N | tee "$SCAR_OUTPUT_DIR/8" >>{tmp_path}/eighth')
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        invoke(made, event, "delivery", dying(bucket.name, 7, after=True))
    assert "out/8" in bucket.keys("out/")
    invoke(made, event, "delivery")
    assert Counter(bucket.versions("out/")) == Counter([*EIGHT, "out/8"])
    assert bucket.get("out/8") == (tmp_path / "eighth").read_bytes().splitlines(keepends=True)[1]


def test_t6_the_same_content_of_an_earlier_input_is_written_again(
    function: Make, bucket: Bucket
) -> None:
    """A newer input that makes the same files is news to the next function all the same."""
    bucket.versioned()
    made = function(MANY)
    invoke(made, stored(bucket, "in/a", b"one"), "first")
    event = stored(bucket, "in/a", b"two")
    with pytest.raises(Killed):
        invoke(made, event, "second", dying(bucket.name, 4, after=True))
    invoke(made, event, "second")
    assert Counter(bucket.versions("out/")) == dict.fromkeys(EIGHT, 2)


def test_t6_who_may_not_ask_writes_all_again(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """A role of the user's own may lack s3:GetObject on the outputs."""
    bucket.versioned()
    made = function(MANY, log_level="DEBUG")
    event = stored(bucket, "in/a")
    with pytest.raises(Killed):
        invoke(made, event, "delivery", dying(bucket.name, 7, after=True))
    begun = Counter(bucket.versions("out/"))

    class Blind(Client):
        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            if request.method == "HEAD":
                raise AwsError("403", "", 403)
            return super().send(request, region, receive)

    capfd.readouterr()
    invoke(made, event, "delivery", Blind)
    assert Counter(bucket.versions("out/")) == begun + Counter(EIGHT)
    log = capfd.readouterr().out
    assert "0 of 8 outputs are there already" in log
    assert executions(log)[-1]["status"] == "succeeded"


def test_t6_a_first_run_asks_nothing(function: Make, bucket: Bucket) -> None:
    made = function(COPY)
    asked: list[str] = []
    invoke(made, stored(bucket, "in/a"), "delivery", counting("HEAD", asked))
    assert asked == []
