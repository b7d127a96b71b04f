"""Whatever is delivered twice, late or out of order, and whenever processes die: in the end there
are the outputs of one clean delivery."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scar_runtime.aws.client import Client, Request
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Cloud
from tests.runtime.functions import FakeBatch, Function, Invoked, document, stored

T = TypeVar("T")
SCRIPT = 'cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR"; wc -c <"$SCAR_INPUT_FILE" >"$SCAR_OUTPUT_DIR/n"'
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


DEATHS = st.lists(st.builds(Death, st.integers(0, 8), st.booleans()), max_size=3)


@dataclass(frozen=True)
class Delivery:
    """An event, by number, and the deaths of the processes that it is given to in turn; Lambda
    gives it to the next one under the same request id."""

    event: int
    deaths: list[Death]


DELIVERIES = st.lists(st.builds(Delivery, st.integers(0, 2), DEATHS), max_size=5)


def attempts(deaths: list[Death], attempt: Callable[[type[Client]], object]) -> None:
    """Try until an attempt survives."""
    for death in [*deaths, Death(NEVER, after=False)]:
        try:
            attempt(mortal(death))
        except Killed:
            continue
        return


@pytest.mark.parametrize("mode", ["lambda", "batch"])
@given(more=DELIVERIES, last=st.permutations(range(3)), jobs=st.randoms(), deaths=DEATHS)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_outputs_are_those_of_one_clean_delivery(
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
    for delivery in [*more, *(Delivery(number, []) for number in last)]:
        deliver(made, mode, events[delivery.event], delivery.deaths)
    numbers = list(range(len(made.batch.jobs)))
    jobs.shuffle(numbers)
    for number in numbers:
        attempts(deaths, functools.partial(run_as_job, made, number))
    contents = {key: bucket.get(key) for key in bucket.keys("out/")}
    assert contents == {"out/a/a": b"new", "out/a/n": b"3\n", "out/b/b": b"b's", "out/b/n": b"3\n"}


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


def deliver(made: Function, mode: str, event: dict[str, Any], deaths: list[Death]) -> None:
    invoked = Invoked()

    def attempt(client: type[Client]) -> None:
        runtime = replace(made, client=client).runtime()
        invocation = Invocation(runtime, Invoked(invoked.aws_request_id))
        with closing(runtime.connections):
            (invocation.dispatch if mode == "batch" else invocation.handle)(event)

    attempts(deaths, attempt)
