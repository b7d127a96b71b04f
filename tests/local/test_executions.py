"""Rows are made of what the cloud saw and the runtime said; the cloud has the last word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scar_constructs.emulator.rows import Attempt, Report, parse_report, rows
from scar_constructs.emulator.tail import Tail

REQUEST = "7a1c2f0e-0000-4000-8000-000000000001"


def attempt(**changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "service": "lambda",
        "execution": REQUEST,
        "function": "f",
        "number": 1,
        "succeeded": True,
        "final": True,
        "seconds": 2.0,
        **changes,
    }
    return Attempt(**values)


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "service": "lambda",
        "execution": REQUEST,
        "function": "f",
        "input": "b/in/x",
        "status": "succeeded",
        "exit_code": 0,
        "seconds": 1.5,
        "outputs": ("b/out/x",),
        **changes,
    }
    return Report(**values)


def line(**changes: Any) -> str:
    return json.dumps(
        {
            "scar": "execution",
            "function": "f",
            "service": "batch",
            "request_id": REQUEST,
            "input": "b/x",
            "status": "failed",
            "exit_code": 7,
            "seconds": 1,
            "outputs": [],
            "job_id": None,
            **changes,
        }
    )


def test_a_line_of_a_job_belongs_to_the_job() -> None:
    parsed = parse_report(line(), "job-1")
    assert parsed == Report("batch", "job-1", "f", "b/x", "failed", 7, 1.0, ())


def test_a_line_of_a_function_belongs_to_its_request() -> None:
    parsed = parse_report(line(request_id=f"{REQUEST}-2"), None)
    assert parsed is not None
    assert (parsed.service, parsed.execution) == ("lambda", REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", '{"scar": "log"}', '{"scar": broken', '["scar"]', '{"scar": ["execution"]}'),
        *('{ "scar": "execution"}', ' {"scar": "execution"}', '{"a": 1, "scar": "execution"}'),
        '{"\\u0073car": "execution"}',
    ],
)
def test_other_lines_are_no_reports(text: str) -> None:
    assert parse_report(text, None) is None


def test_the_runtime_adds_input_outputs_and_time() -> None:
    (row,) = rows([attempt()], [report()])
    assert (row.input, row.outputs, row.seconds) == ("b/in/x", ("b/out/x",), 1.5)
    assert (row.status, row.exit_code, row.attempts) == ("succeeded", 0, 1)


def test_without_a_word_of_the_runtime_the_event_tells_the_input() -> None:
    (row,) = rows([attempt(succeeded=False, reason="crashed", inputs=("b/in/x",))], [])
    assert (row.input, row.status, row.reason) == ("b/in/x", "failed", "crashed")


def test_a_success_after_a_retry_is_a_success() -> None:
    attempts = [attempt(succeeded=False, final=False), attempt(number=2)]
    (row,) = rows(attempts, [report(status="failed", exit_code=1), report()])
    assert (row.status, row.attempts) == ("succeeded", 2)


def test_a_forged_success_does_not_hide_a_failure() -> None:
    forged = report(input="b/other")
    statuses = [row.status for row in rows([attempt(succeeded=False)], [forged])]
    assert "failed" in statuses


def test_each_record_of_an_event_has_its_row() -> None:
    told = [report(input="b/1"), report(input="b/2", status="failed", exit_code=3)]
    made = rows([attempt(succeeded=False, inputs=("b/1", "b/2", "b/3"))], told)
    assert [(row.input, row.status) for row in made] == [
        ("b/1", "succeeded"),
        ("b/2", "failed"),
        ("b/3", "failed"),
    ]


def test_a_job_without_a_report_has_the_exit_code_of_its_container() -> None:
    job = attempt(service="batch", execution="j", succeeded=False, exit_code=137, reason="killed")
    (row,) = rows([job], [report()])
    assert (row.service, row.exit_code, row.reason) == ("batch", 137, "killed")


SAID = "function f: the script exited with code 7; its last output:\ncannot open"


def test_the_reason_is_the_runtime_s_with_the_last_output_of_the_script() -> None:
    job = attempt(
        service="batch",
        execution="j",
        succeeded=False,
        reason="Essential container in task exited",
        output="one\ncannot open",
    )
    told = report(service="batch", execution="j", status="failed", reason=SAID)
    assert [row.reason for row in rows([job], [told])] == [SAID]


def test_a_reason_without_output_gets_that_of_the_containers() -> None:
    """The platform killed it, or the script ran in a container of its own."""
    job = attempt(succeeded=False, reason="OutOfMemoryError", output="one\ntwo")
    (row,) = rows([job], [])
    assert row.reason == "OutOfMemoryError; its last output:\none\ntwo"
    told = report(status="failed", reason="the script exited with code 7 (see `program`)")
    (row,) = rows([job], [told])
    assert row.reason == f"{told.reason}; its last output:\none\ntwo"


def test_what_succeeded_has_no_reason() -> None:
    (row,) = rows([attempt(output="one")], [report()])
    assert row.reason is None


def test_a_tail_has_the_last_lines_of_the_script_alone() -> None:
    tail = Tail(["first", '{"scar": "log", "level": "ERROR"}', "", *map(str, range(20))])
    assert tail.text().splitlines() == list(map(str, range(20)))
    assert Tail(["x" * 5000]).text() == "x" * 1000
    assert Tail(["a" * 700, "b" * 700, "c"]).text() == "b" * 700 + "\nc"


def test_the_trace_of_a_failed_invocation_is_no_output_of_the_script() -> None:
    lines = [
        "a line",
        "[ERROR] of the script itself",
        '{"scar": "execution", "status": "failed"}',
        "[ERROR] ScriptError: function f: the script exited with code 3",
        "Traceback (most recent call last):",
        '  File "handler.py", line 1, in handle',
    ]
    assert Tail.of_invocation(lines).text() == "a line\n[ERROR] of the script itself"
