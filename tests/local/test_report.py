"""What a run says at its end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from scar_constructs.local.report import Outcome, failures, logged, print_table


def row(**changes: Any) -> dict[str, Any]:
    return {
        "function": "f",
        "service": "lambda",
        "input": "b/in/x",
        "status": "succeeded",
        "seconds": 1.234,
        "outputs": ("b/out/x",),
        "attempts": 1,
        "exit_code": 0,
        "reason": None,
        "execution": "e",
        "output": "",
        **changes,
    }


def outcome(*rows: dict[str, Any], **changes: Any) -> Outcome:
    values: dict[str, Any] = {"files": [Path("x")], "failed_events": {}, **changes}
    return Outcome(rows, **values)


@pytest.mark.parametrize(
    ("result", "succeeded"),
    [
        (outcome(row()), True),
        (outcome(row(), row(status="failed")), False),
        (outcome(row(status="delegated"), row(service="batch")), True),
        (outcome(), False),
        (outcome(row(), unfinished=["job j"]), False),
    ],
    ids=["all well", "one failed", "handed over", "nothing ran", "not finished"],
)
def test_success(result: Outcome, succeeded: bool) -> None:
    assert result.succeeded is succeeded


def table(result: Outcome, width: int = 120) -> str:
    written = io.StringIO()
    print_table(result, Console(file=written, width=width))
    return written.getvalue()


LONG = "bucket/a folder with spaces/" + "sub-folder/" * 12 + "file.txt"


@pytest.mark.parametrize("width", [20, 80, 1_000_000])
def test_no_key_is_broken_whatever_the_width(width: int) -> None:
    text = table(outcome(row(input=LONG, outputs=[f"{LONG}.out", "b/out/y"])), width)
    assert f" {LONG}" in text
    assert f" {LONG}.out\n" in text


def test_where_the_table_does_not_fit_each_execution_has_lines_of_its_own() -> None:
    rows = [row(input=LONG, outputs=["b/out/x", "b/out/y"]), row(function="g", outputs=())]
    assert table(outcome(*rows), 80).splitlines() == [
        "f (lambda) succeeded in 1.23 s",
        f"  input    {LONG}",
        "  outputs  b/out/x",
        "           b/out/y",
        "g (lambda) succeeded in 1.23 s",
        "  input    b/in/x",
        "  outputs  -",
    ]


@pytest.mark.parametrize("width", [40, 120])
def test_what_a_key_holds_gives_the_terminal_no_orders(width: int) -> None:
    text = table(outcome(row(input="b/\x1b[2Jx\ny", outputs=["b/\x9b31m"])), width)
    assert r"b/\x1b[2Jx\ny" in text
    assert r"b/\x9b31m" in text


def test_table_without_colour_and_without_dispatchers() -> None:
    text = table(outcome(row(), row(function="g", status="submitted")))
    assert "f         lambda   b/in/x  succeeded     1.23  b/out/x" in text
    assert "submitted" not in text
    assert "\x1b" not in text


def test_many_outputs_are_counted() -> None:
    text = table(outcome(row(outputs=[f"b/{number}" for number in range(9)])))
    assert "b/4" in text
    assert "b/5" not in text
    assert "... and 4 more" in text


def test_an_input_in_brackets_is_no_markup() -> None:
    assert "b/[red]x" in table(outcome(row(input="b/[red]x")))


def test_failures_in_words() -> None:
    failed = row(
        service="batch", status="failed", exit_code=7, attempts=3, reason="OutOfMemoryError"
    )
    said = failures(
        outcome(
            row(),
            failed,
            failed_events={"q": 2},
            unfinished=["job j", "job j"],
            warnings=["w"],
            waited_seconds=1800.0,
        )
    )
    assert said == [
        "f (batch) failed with exit code 7 in 3 attempts on b/in/x: OutOfMemoryError",
        "2 failed events are in the queue q",
        "not finished: job j (2 times)",
        "gave up after 1800 s; --timeout SECONDS waits longer",
        "warning: w",
    ]


def test_nothing_ran() -> None:
    assert failures(outcome()) == ["nothing ran: no function is triggered by what was uploaded"]


def test_nothing_was_uploaded() -> None:
    deployed = outcome(uploads=0)
    assert deployed.succeeded
    assert failures(deployed) == ["deployed, and nothing ran: no file was uploaded (--put FILE)"]


def test_a_function_with_an_output_folder_that_left_nothing_is_told() -> None:
    bare = row(outputs=())
    (line,) = failures(outcome(bare, writers=frozenset({"f"})))
    assert line.startswith("warning: f has an output folder and left no file for it, on b/in/x")
    assert failures(outcome(bare)) == []
    assert failures(outcome(row(), writers=frozenset({"f"}))) == []
    failed = row(outputs=(), status="failed")
    assert "left no file" not in "".join(failures(outcome(failed, writers=frozenset({"f"}))))


def test_what_scripts_printed() -> None:
    rows = (row(output="one\n\x1b[2Jtwo"), row(input=None), row(status="submitted"))
    said = list(logged(outcome(*rows)))
    assert said[0] == "f (lambda) on b/in/x printed:"
    assert said[1:] == ["  one", "  \\x1b[2Jtwo", "f (lambda) printed:", "  (nothing)"]
