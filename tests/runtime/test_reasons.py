"""Every failure shows the last lines of the script's own output: in the log, in the fault, and in
the claim, where redrive finds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime.errors import OutOfTimeError, ScriptError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Clock, Function, Invoked, executions, stored

Make = Callable[..., Function]
WORDS = "echo reading; echo 'cannot open the genome' >&2"


def submitted(made: Function, event: Any) -> None:
    Invocation(made.runtime(), Invoked("the-id")).dispatch(event)


def test_a_failed_job_says_why_in_its_line_and_in_its_claim(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(f"{WORDS}; exit 7", mode="batch")
    submitted(made, stored(bucket, "in/a"))
    assert run_job(made.job(0)) == 7
    line = executions(capfd.readouterr().out)[-1]
    expected = (
        "function f: the script exited with code 7; its last output:\n"
        "reading\ncannot open the genome"
    )
    assert line["reason"] == expected
    (claim,) = made.claims()
    assert (claim["state"], claim["reason"]) == ("failed", expected)


def test_what_succeeds_in_the_end_has_no_reason_left(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(f'{WORDS}; {COPY}; [ "$AWS_BATCH_JOB_ATTEMPT" = 2 ]', mode="batch")
    submitted(made, stored(bucket, "in/a"))
    assert [run_job(made.job(0, attempt=number)) for number in (1, 2)] == [1, 0]
    (claim,) = made.claims()
    assert (claim["state"], "reason" in claim) == ("done", False)
    *_, failed, done = executions(capfd.readouterr().out)
    assert "cannot open the genome" in failed["reason"]
    assert done["reason"] is None


def test_a_function_that_is_out_of_time_shows_what_its_script_was_at(
    function: Make, bucket: Bucket, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    clock.seconds = 10_000
    made = function(f"{WORDS}; touch {clock.ready}; sleep 600 & wait")
    with pytest.raises(OutOfTimeError, match="its last output:\nreading\ncannot open"):
        Invocation(made.runtime(), Invoked(seconds=900)).handle(stored(bucket, "in/a"))
    (line,) = executions(capfd.readouterr().out)
    assert line["reason"].endswith("its last output:\nreading\ncannot open the genome")
    assert made.claims()[0]["reason"] == line["reason"]


def test_a_job_that_is_asked_to_end_shows_what_its_script_was_at(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(f"{WORDS}; kill -TERM $PPID; sleep 600 & wait", mode="batch")
    submitted(made, stored(bucket, "in/a"))
    assert run_job(made.job(0)) == 143
    line = executions(capfd.readouterr().out)[-1]
    assert "was asked to end while its script ran; its last output:\nreading" in line["reason"]


def test_a_reason_is_bounded(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function("head -c 100000 /dev/zero | tr '\\0' x; exit 1")
    with pytest.raises(ScriptError):
        Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    (line,) = executions(capfd.readouterr().out)
    assert 1000 < len(line["reason"]) < 2000
    assert len(json.dumps(made.claims()[0])) < 3000
