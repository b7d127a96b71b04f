"""Whatever is delivered twice, late or out of order, and whenever processes die: in the end there
are the outputs of one clean delivery."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scar_runtime.aws.client import Client
from scar_runtime.aws.request import Request
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.outputs import CLAIM

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import FakeBatch, Function, Invoked, document, stored

T = TypeVar("T")
SCRIPT = """
cd "$SCAR_OUTPUT_DIR"
mkdir sub
cp "$SCAR_INPUT_FILE" .
wc -c <"$SCAR_INPUT_FILE" >n
echo m >sub/m
"""
NEVER = 1000


class Killed(BaseException):
    """Stands for the end of the process: nothing in the runtime catches it."""


@dataclass(frozen=True)
class Death:
    """Just before or just after the request with this number, counted from 0."""

    request: int
    after: bool


def mortal(death: Death) -> type[Client]:
    """A client with which a process dies."""

    class Mortal(Client):
        sent = 0

        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            Mortal.sent += 1
            last = Mortal.sent > death.request
            if last and not death.after:
                raise Killed
            answer = super().send(request, region, receive)
            if last:
                raise Killed
            return answer

    return Mortal


DEATHS = st.lists(st.builds(Death, st.integers(0, 12), st.booleans()), max_size=3)


@dataclass(frozen=True)
class Delivery:
    """An event, by number, and the deaths of the processes that it is given to in turn; Lambda
    gives it to the next one under the same request id. An `abandoned` one is then tried no more;
    the next delivery comes after its deadline."""

    event: int
    deaths: list[Death]
    abandoned: bool = False


DELIVERIES = st.lists(st.builds(Delivery, st.integers(0, 2), DEATHS, st.booleans()), max_size=5)


def attempts(
    deaths: list[Death], attempt: Callable[[type[Client]], object], *, abandoned: bool = False
) -> None:
    """Try until an attempt survives, or leave it at the deaths."""
    last = [] if abandoned and deaths else [Death(NEVER, after=False)]
    for death in [*deaths, *last]:
        try:
            attempt(mortal(death))
        except Killed:
            continue
        return


@pytest.mark.parametrize("mode", ["lambda", "batch"])
@example(  # amid publishing: by a Lambda function, by a job
    more=[Delivery(1, [Death(4, after=True)]), Delivery(2, [Death(4, after=True)], True)],
    last=[0, 1, 2],
    jobs=random.Random(1),  # noqa: S311 (an order of jobs, no secret)
    deaths=[Death(6, after=True), Death(9, after=False)],
)
@given(more=DELIVERIES, last=st.permutations(range(3)), jobs=st.randoms(), deaths=DEATHS)
@settings(max_examples=20)
def test_t6_the_outputs_are_those_of_one_clean_delivery(
    cloud: Cloud,
    tmp_path: Path,
    mode: str,
    more: list[Delivery],
    last: list[int],
    jobs: Any,
    deaths: list[Death],
) -> None:
    bucket = cloud.bucket().versioned()
    made = function(cloud, tmp_path, bucket.name, mode)
    events = [stored(bucket, key, text) for key, text in OBJECTS]
    # Each event is delivered at least once; the others are duplicates before that.
    for number, delivery in enumerate([*more, *(Delivery(number, []) for number in last)]):
        deliver(replace(made, ahead=1000.0 * number), mode, events[delivery.event], delivery)
    numbers = list(range(len(made.batch.jobs)))
    jobs.shuffle(numbers)
    for number in numbers:
        attempts(deaths, functools.partial(run_as_job, made, number))
    contents = {key: bucket.get(key) for key in bucket.keys("out/")}
    assert contents == {
        **{"out/a/a": b"new", "out/a/n": b"3\n", "out/a/sub/m": b"m\n"},
        **{"out/b/b": b"b's", "out/b/n": b"3\n", "out/b/sub/m": b"m\n"},
    }
    written = writes(bucket)
    assert len(written) == len(set(written)), "an output was written twice for one event"


def writes(bucket: Bucket) -> list[tuple[str, str]]:
    """Key and claim of each version of an output."""
    versions = bucket.client.list_object_versions(Bucket=bucket.name, Prefix="out/")["Versions"]
    return [(one["Key"], bucket.metadata(one["Key"], one["VersionId"])[CLAIM]) for one in versions]


OBJECTS = (("in/a", b"old one"), ("in/a", b"new"), ("in/b", b"b's"))
"""Of the first, the second is a newer version."""


def function(cloud: Cloud, folder: Path, bucket: str, mode: str) -> Function:
    output = {"bucket": bucket, "folder": "out", "key": "{stem}/{name}"}
    config = folder / "config.json"
    config.write_text(json.dumps(document(SCRIPT, mode=mode, outputs=[output])))
    return Function(cloud, cloud.bucket("spool"), config, FakeBatch())


def run_as_job(made: Function, number: int, client: type[Client]) -> None:
    runtime = replace(made, client=client).job(number)
    with closing(runtime.connections):
        assert run_job(runtime) == 0


def deliver(made: Function, mode: str, event: dict[str, Any], delivery: Delivery) -> None:
    invoked = Invoked()

    def attempt(client: type[Client]) -> None:
        runtime = replace(made, client=client).runtime()
        invocation = Invocation(runtime, Invoked(invoked.aws_request_id))
        with closing(runtime.connections):
            (invocation.dispatch if mode == "batch" else invocation.handle)(event)

    attempts(delivery.deaths, attempt, abandoned=delivery.abandoned)
