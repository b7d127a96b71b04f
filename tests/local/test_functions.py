"""Functions in execution environments: real processes and the real Runtime API."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.functions.asynchronous import (
    AsynchronousInvoker,
    Event,
    Outcome,
    Settings,
)
from scar_constructs.emulator.functions.launch import Launcher
from scar_constructs.emulator.functions.pool import Pool
from scar_constructs.emulator.functions.records import inputs_of
from scar_constructs.emulator.functions.specification import Function
from scar_constructs.emulator.host import HostEngine
from scar_constructs.emulator.ledger import Ledger
from tests.support.waiting import HANG_SECONDS, eventually

# Speaks the Runtime API with nothing but the standard library.
CLIENT = """
import http.client, json, os, sys, time

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base, calls = "/2018-06-01/runtime", 0
if "INIT_ERROR" in os.environ:
    api.request("POST", base + "/init/error", b'{"errorType": "Init"}')
    sys.exit(1)
while True:
    api.request("GET", base + "/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    identifier = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    calls += 1
    print("handling", event, flush=True)
    if event == "crash":
        sys.exit(3)
    if event == "sleep":
        time.sleep(600)
    kind = "error" if event == "fail" else "response"
    key = os.environ["AWS_ACCESS_KEY_ID"]
    result = {"event": event, "calls": calls, "id": identifier, "key": key, "process": os.getpid()}
    api.request("POST", f"{base}/invocation/{identifier}/{kind}", json.dumps(result))
    api.getresponse().read()
    if event == "die later":
        sys.exit(0)
"""


class Written:
    """Log streams, as they are written."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], list[str]] = {}

    def append(self, group: str, stream: str, lines: Sequence[str]) -> None:
        self.streams.setdefault((group, stream), []).extend(lines)


@pytest.fixture
def log() -> Written:
    return Written()


@pytest.fixture
def pool(tmp_path: Path, log: Written) -> Iterator[Pool]:
    context = tmp_path / "context"
    context.mkdir()
    (context / "supervisor").write_text(CLIENT)
    images = tmp_path / "images"
    images.mkdir()
    (images / "tags.json").write_text(json.dumps({"repository:tag": str(context)}))

    def credentials(role: str, service: str, session: str) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": f"{role} {service} {session}"}

    engine = HostEngine(images)
    launcher = Launcher(engine, credentials, tmp_path / "packages", "http://127.0.0.1:1")
    made = Pool(launcher, Ledger().heard, log.append, max_idle=1)
    yield made
    made.close()
    engine.close()


def function(**changes: Any) -> Function:
    values: dict[str, Any] = {
        "name": "f",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "version": "1",
        "scope": Scope("123456789012", "us-east-1"),
        "role_arn": "role",
        "timeout_seconds": 900,
        "memory_mib": 128,
        "tmp_mib": 512,
        "variables": {},
        "log_group": "/aws/lambda/f",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/repository:tag",
        **changes,
    }
    return Function(**values)


def test_an_environment_is_used_again_and_a_new_version_gets_a_new_one(pool: Pool) -> None:
    first = pool.invoke(function(), "r1", b'"a"')
    second = pool.invoke(function(), "r2", b'"b"')
    answer = json.loads(first.payload)
    assert (answer["event"], answer["calls"], answer["id"]) == ("a", 1, "r1")
    assert answer["key"] == "role lambda.amazonaws.com f"
    assert json.loads(second.payload)["calls"] == 2
    assert (first.failed, second.lines) == (False, ("handling b",))
    third = pool.invoke(function(version="2"), "r3", b'"c"')
    assert json.loads(third.payload)["calls"] == 1


def test_an_environment_has_one_log_stream_for_all_its_invocations(
    pool: Pool, log: Written
) -> None:
    pool.invoke(function(), "r1", b'"a"')
    pool.invoke(function(), "r2", b'"fail"')
    (((group, stream), lines),) = log.streams.items()
    assert group == "/aws/lambda/f"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert [line.partition("\tDuration")[0] for line in lines] == [
        "START RequestId: r1 Version: $LATEST",
        "handling a",
        "END RequestId: r1",
        "REPORT RequestId: r1",
        "START RequestId: r2 Version: $LATEST",
        "handling fail",
        "END RequestId: r2",
        "REPORT RequestId: r2",
    ]


def test_lines_are_in_the_log_before_the_invocation_ends(pool: Pool, log: Written) -> None:
    with ThreadPoolExecutor(1) as one:
        running = one.submit(pool.invoke, function(), "r1", b'"sleep"')
        eventually(lambda: "handling sleep" in [*chain.from_iterable(log.streams.values())])
        assert not running.done()
        pool.close()
    assert running.result().failed


def test_an_error_of_the_function_leaves_its_environment(pool: Pool) -> None:
    assert pool.invoke(function(), "r1", b'"fail"').failed
    assert json.loads(pool.invoke(function(), "r2", b'"a"').payload)["calls"] == 2


def test_a_crash_is_an_error_and_the_next_event_gets_a_new_environment(pool: Pool) -> None:
    crashed = pool.invoke(function(), "r1", b'"crash"')
    assert crashed.failed
    assert json.loads(crashed.payload)["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in crashed.payload.decode()
    assert json.loads(pool.invoke(function(), "r2", b'"a"').payload)["calls"] == 1


def test_an_environment_that_died_while_idle_is_not_used_again(pool: Pool) -> None:
    first = json.loads(pool.invoke(function(), "r1", b'"die later"').payload)
    # Waited for by the cloud's own thread, so that the process is gone and no zombie.
    eventually(lambda: not Path(f"/proc/{first['process']}").exists())
    eventually(lambda: not any(environment.alive for environment in pool._all))
    again = pool.invoke(function(), "r2", b'"a"')
    assert not again.failed
    assert json.loads(again.payload)["calls"] == 1


def test_a_time_out_ends_the_environment(pool: Pool) -> None:
    late = pool.invoke(function(timeout_seconds=1), "r1", b'"sleep"')
    assert "Task timed out after 1.00 seconds" in late.payload.decode()
    assert json.loads(late.payload)["errorType"] == "Sandbox.Timedout"


def test_a_failed_init_is_the_answer(pool: Pool) -> None:
    failed = pool.invoke(function(variables={"INIT_ERROR": "1"}), "r1", b'"a"')
    assert (failed.failed, json.loads(failed.payload)) == (True, {"errorType": "Init"})


def test_an_image_that_is_nowhere_is_an_error(pool: Pool) -> None:
    failed = pool.invoke(function(image="nowhere:1"), "r1", b'"a"')
    assert failed.failed
    assert "CannotPullContainerError" in failed.payload.decode()


def wait_until_idle(ledger: Ledger) -> None:
    eventually(lambda: not ledger.in_flight())


class Attempts:
    """Answers one outcome after the other, and keeps what it was asked."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.asked: list[tuple[str, int, bool]] = []
        self.given_up = 0

    def run(self, request_id: str, number: int, last: bool) -> Outcome:
        self.asked.append((request_id, number, last))
        return self._outcomes.pop(0)

    def give_up(self) -> None:
        self.given_up += 1


FAILED, DONE = Outcome(failed=True), Outcome(failed=False)


def invoke(attempts: Attempts, settings: Settings) -> None:
    ledger = Ledger()
    invoker = AsynchronousInvoker(ledger, 1, retry_seconds=0.01)
    invoker.accept(Event("f", settings, attempts.run, attempts.give_up))
    wait_until_idle(ledger)


def test_two_retries_with_the_same_request_id() -> None:
    attempts = Attempts(FAILED, FAILED, FAILED)
    invoke(attempts, Settings())
    assert [(number, last) for _, number, last in attempts.asked] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert len({request_id for request_id, _, _ in attempts.asked}) == 1
    assert attempts.given_up == 1


def test_a_success_ends_the_retries() -> None:
    attempts = Attempts(FAILED, DONE)
    invoke(attempts, Settings())
    assert (len(attempts.asked), attempts.given_up) == (2, 0)


def test_no_retries_where_none_are_wanted() -> None:
    attempts = Attempts(FAILED)
    invoke(attempts, Settings(retries=0))
    assert attempts.given_up == 1


def test_an_event_that_is_too_old_is_given_up() -> None:
    attempts = Attempts(FAILED)
    invoke(attempts, Settings(max_age_seconds=0))
    assert attempts.given_up == 1


def test_being_throttled_is_no_attempt() -> None:
    attempts = Attempts(Outcome(failed=True, throttled=True), DONE)
    invoke(attempts, Settings(retries=0))
    assert [number for _, number, _ in attempts.asked] == [1, 1]
    assert attempts.given_up == 0


def test_no_more_at_a_time_than_there_are_workers() -> None:
    """The first wait for each other at a gate, so that as many come in as are let in."""
    ledger, lock, state = Ledger(), threading.Lock(), {"now": 0, "most": 0}
    gate = threading.Event()

    def run(request_id: str, number: int, last: bool) -> Outcome:
        del request_id, number, last
        with lock:
            state["now"] += 1
            state["most"] = max(state.values())
        assert gate.wait(HANG_SECONDS)
        with lock:
            state["now"] -= 1
        return DONE

    invoker = AsynchronousInvoker(ledger, 3)
    for _ in range(30):
        invoker.accept(Event("f", Settings(), run, lambda: None))
    eventually(lambda: state["now"] == 3)
    assert len(ledger.in_flight()) == 30
    gate.set()
    wait_until_idle(ledger)
    assert state["most"] == 3


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {
                "Records": [
                    {"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b/%2B%25%C3%B1.txt"}}},
                    {"s3": {"bucket": {"name": "b"}, "object": {"key": "c"}}},
                ]
            },
            ("b/a b/+%ñ.txt", "b/c"),
        ),
        (
            {
                "source": "aws.s3",
                "detail": {"bucket": {"name": "b"}, "object": {"key": "a+b%41"}},
            },
            ("b/a+b%41",),
        ),
        ({"Records": [{"body": "x"}]}, ()),
        ({"script": "echo"}, ()),
        ("text", ()),
    ],
    ids=["S3, form-encoded", "EventBridge, as it is", "another source", "direct", "no object"],
)
def test_inputs_of_an_event(event: Any, expected: tuple[str, ...]) -> None:
    assert inputs_of(event) == expected
