"""A defect of the runtime itself: logged with its trace, one execution line, a settled claim, and
an answer that tells a caller no more than that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime import attempt
from scar_runtime.batch import Jobs
from scar_runtime.byhand import run_event
from scar_runtime.errors import DefectError, EventError, StorageError
from scar_runtime.events import webhook
from scar_runtime.execution import Executor
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored
from tests.runtime.test_handler import asked, request
from tests.runtime.test_stages import Staged, staged

__all__ = ["staged"]  # a fixture

Make = Callable[..., Function]
INSIDE = "a word of our own"


def broken(*_: object, **__: object) -> Any:
    raise LookupError(INSIDE)


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith('{"scar"')]


def require_told(output: str) -> None:
    """One execution line, which says "failed", and the trace."""
    [line] = executions(output)
    assert (line["status"], line["exit_code"]) == ("failed", 70)
    [defect] = [line for line in lines(output) if "trace" in line]
    assert (
        defect["message"] == f"a defect of the runtime, please report it: {LookupError(INSIDE)!r}"
    )
    assert "in broken" in defect["trace"]


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Executor, "stage_in", broken)


@pytest.mark.usefixtures("breaking")
def test_an_invocation_fails_and_settles_its_claim(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY)
    invocation = Invocation(made.runtime(), Invoked("the-id"))
    event = stored(bucket, "in/a")
    with pytest.raises(DefectError, match=r"function f: the runtime has a defect; .* the-id has"):
        invocation.handle(event)
    require_told(capfd.readouterr().out)
    assert [claim["state"] for claim in made.claims()] == ["failed"]


@pytest.mark.usefixtures("breaking")
def test_a_caller_over_http_gets_no_trace(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function("true", outputs=[])
    answer = Invocation(made.runtime(), Invoked("the-id")).handle(asked())
    assert answer["statusCode"] == 500
    assert json.loads(base64.b64decode(answer["body"])) == {
        "exception": "function f: the runtime has a defect; the log of request the-id has its trace"
    }
    require_told(capfd.readouterr().out)


def test_an_event_that_cannot_even_be_looked_at_is_reported(
    function: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webhook, "parse", broken)
    invocation = Invocation(function("true").runtime(), Invoked())
    with pytest.raises(DefectError):
        invocation.handle({})
    require_told(capfd.readouterr().out)


def test_a_dispatcher_settles_its_claim(
    function: Make,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Jobs, "submit", broken)
    made = function(COPY, mode="batch")
    invocation = Invocation(made.runtime(), Invoked())
    event = stored(bucket, "in/a")
    with pytest.raises(DefectError):
        invocation.dispatch(event)
    require_told(capfd.readouterr().out)
    assert [claim["state"] for claim in made.claims()] == ["failed"]


def test_a_job_settles_its_claim(
    function: Make,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = function(COPY, mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    capfd.readouterr()
    monkeypatch.setattr(Executor, "stage_in", broken)
    assert run_job(made.job(0)) == 70
    require_told(capfd.readouterr().out)
    assert [claim["state"] for claim in made.claims()] == ["failed"]


def test_a_run_by_hand_is_reported(
    function: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Executor, "stage_in", broken)
    assert run_event(function("true").runtime(), {}) == 70
    require_told(capfd.readouterr().out)


@pytest.mark.parametrize("stage", ["stage_in", "stage_out"])
def test_a_job_of_several_containers_is_reported_once(
    staged: Staged, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], stage: str
) -> None:
    job = staged(COPY)
    capfd.readouterr()
    monkeypatch.setattr(Executor, stage, broken)
    assert job.run() == 70
    output = capfd.readouterr().out
    [line] = executions(output)
    assert (line["status"], line["exit_code"]) == ("failed", 70)
    assert [line["trace"] for line in lines(output) if "trace" in line]
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]


def test_a_job_whose_event_is_gone_is_reported(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY, mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    capfd.readouterr()
    bucket.client.delete_object(Bucket=made.spool.name, Key=made.batch.event_key(0))
    assert run_job(made.job(0)) == 2
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["request_id"], line["exit_code"]) == ("failed", "job-1", 2)


DAMAGED = (
    *(b"", b"[]", b"{", b"[" * 10**5, b'{"version": 1}', b'{"version": 1, "request_id": 5}'),
    b'{"version": 1, "request_id": "a", "claim": ["b"], "event": {}}',
    b'{"version": 1, "request_id": "a", "claim": null, "event": {"Records": ["x"]}}',
)


@pytest.mark.parametrize("content", DAMAGED, ids=lambda one: one[:60].decode())
def test_a_job_whose_event_is_damaged_is_reported(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    made = function(COPY, mode="batch")
    Invocation(made.runtime(), Invoked()).dispatch(stored(bucket, "in/a"))
    capfd.readouterr()
    made.spool.put(made.batch.event_key(0), content)
    assert run_job(made.job(0)) in (1, 2)
    output = capfd.readouterr().out
    assert [line["status"] for line in executions(output)] == ["failed"]
    assert "trace" not in output


CLAIMS = (
    *(b"", b"[]", b"{}", b'{"state": 5}', b'{"state": "failed", "holder": ["x"]}'),
    b'{"state": "failed", "holder": "x", "content": "x"}',
    b'{"state": "running", "holder": "x", "deadline": "tomorrow"}',
)


@pytest.mark.parametrize("content", CLAIMS, ids=lambda one: one[:60].decode())
def test_a_damaged_claim_is_a_failure_that_names_it(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    made = function(COPY)
    event = stored(bucket, "in/a")
    Invocation(made.runtime(), Invoked()).handle(event)
    capfd.readouterr()
    [key] = made.spool.keys("f/claims/")
    made.spool.put(key, content)
    invocation = Invocation(made.runtime(), Invoked())
    with pytest.raises(StorageError, match=key):
        invocation.handle(event)
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed"]


@pytest.mark.parametrize(("changes", "status"), [({"body": 5}, 400), ({"body": "%"}, 400)])
def test_a_request_that_makes_no_sense_is_the_caller_s_fault(
    function: Make, capfd: pytest.CaptureFixture[str], changes: dict[str, Any], status: int
) -> None:
    made = function("true", outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle(asked(isBase64Encoded=True, **changes))
    assert answer["statusCode"] == status
    assert "the body of" in json.loads(base64.b64decode(answer["body"]))["exception"]
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed"]


def test_a_request_that_cannot_be_taken_up_later_is_answered_so(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    runtime = function("true").runtime(AWS_ENDPOINT_URL_LAMBDA="http://127.0.0.1:9")
    answer = Invocation(runtime, Invoked()).handle(request("data"))
    assert answer["statusCode"] == 500
    assert "cannot call itself" in json.loads(base64.b64decode(answer["body"]))["exception"]
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed"]


def test_a_fault_of_the_log_alone_is_raised(
    function: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even a line can be written, nothing is made up."""
    monkeypatch.setattr(attempt, "told", broken)
    invocation = Invocation(function("exit 1").runtime(), Invoked())
    with pytest.raises(LookupError, match=INSIDE):
        invocation.handle({})


def test_a_refused_event_is_told_with_its_reason(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    invocation = Invocation(function("true").runtime(), Invoked())
    with pytest.raises(EventError, match="records of source 'aws:kinesis' are not known"):
        invocation.handle({"Records": [{"eventSource": "aws:kinesis"}]})
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["exit_code"], line["input"]) == ("failed", 2, None)
