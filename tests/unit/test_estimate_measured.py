"""Measures in the place of assumptions: of a report, whose rows are data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.cli.main import scar
from scar_constructs.errors import UserError
from scar_constructs.estimate import Assumptions
from scar_constructs.estimate.assumptions import Amounts
from scar_constructs.estimate.measured import findings, measured, with_measures
from scar_constructs.language import load_application

HELLO = Path(__file__).parents[2] / "examples" / "hello"
APPLICATION = load_application([HELLO]).application


def row(function: str, seconds: float = 2.0, **more: Any) -> dict[str, Any]:
    return {"function": function, "status": "succeeded", "seconds": seconds, "outputs": [], **more}


def test_means_of_what_succeeded() -> None:
    found = measured(
        [
            row("hello-count", 1.0, outputs=["b/a"], peak_mib=40),
            row("hello-count", 3.0, outputs=["b/a", "b/b"], peak_mib=90),
            row("hello-count", 100.0, status="failed"),
            row("hello-split", 5.0, outputs=["b/a"] * 200, output_count=10_000),
        ]
    )
    count, split = found["hello-count"], found["hello-split"]
    assert (count.runs, count.seconds, count.outputs, count.peak_mib) == (2, 2.0, 1.5, 90)
    assert (split.runs, split.outputs, split.peak_mib) == (1, 10_000, None)


def test_measures_replace_what_is_assumed_for_all_and_not_what_is_said_of_one() -> None:
    assumptions = Assumptions(seconds=Amounts(30, {"hello-split": 7}))
    found = measured([row("hello-split", 2.0), row("hello-count", 3.0, outputs=["a", "b"])])
    result = with_measures(assumptions, APPLICATION, found)
    assert result.seconds.of("hello-split") == 7
    assert result.seconds.of("hello-count") == 3.0
    assert result.outputs.of("hello-count") == 2


@pytest.mark.parametrize(
    ("peak", "said"),
    [
        (None, None),
        (20, "lambda.memory 512 is far more than it takes: try 256"),
        (200, None),
        (450, "lambda.memory 512 is close to what it takes: try 896"),
        (2000, "lambda.memory 512 is close to what it takes: try 3200"),
    ],
)
def test_memory_that_does_not_fit_is_named(peak: int | None, said: str | None) -> None:
    found = measured([row("hello-count", peak_mib=peak)])
    lines = [one for one in findings(APPLICATION, found) if "hello-count" in one]
    assert len(lines) == (1 if said is None else 2)
    assert said is None or said in lines[1]


def test_the_memory_of_a_job_is_that_of_its_container() -> None:
    found = measured([row("hello-split", peak_mib=1000)])
    assert any("batch.memory 1024 is close" in one for one in findings(APPLICATION, found))


def test_what_was_not_measured_is_said() -> None:
    lines = list(findings(APPLICATION, {}))
    assert lines == [
        f"{name}: no execution that succeeded was found; it is assumed"
        for name in ("hello-split", "hello-count")
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "function": st.just("hello-count"),
                "status": st.just("succeeded") | ANYTHING,
                "seconds": ANYTHING,
                "outputs": ANYTHING,
                "output_count": ANYTHING,
                "peak_mib": ANYTHING,
            }
        )
    )
)
def test_rows_are_data(rows: list[dict[str, Any]]) -> None:
    """A script's image may write into its function's log what it likes."""
    found = measured(rows)
    list(findings(APPLICATION, found))
    for one in found.values():
        assert one.seconds > 0
        assert one.outputs >= 0


def ran(*arguments: str) -> Result:
    command = ["estimate", str(HELLO), "--files", "1000", "--size", "1MB", *arguments]
    return CliRunner().invoke(scar, command, catch_exceptions=False)


def test_a_report_changes_the_price(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    rows = [row("hello-count", 300.0, outputs=["b/x"], peak_mib=30), row("hello-split", 1.0)]
    report.write_text(json.dumps({"executions": rows}))
    shown = ran("--measure", str(report)).output
    assert "measured:" in shown
    assert "hello-count: 1 run, 300 s and 1 outputs each, at most 30 MiB in one process" in shown
    assert json.loads(ran("--measure", str(report), "--json").output)["measured"]
    before = json.loads(ran("--json").output)
    after = json.loads(ran("--measure", str(report), "--json").output)
    assert before["measured"] == []
    assert before != {**after, "measured": []}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"executions": 3}', "[" * 100_000])
def test_what_is_no_report_is_told(text: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(text)
    with pytest.raises(UserError, match="is no report"):
        ran("--measure", str(report))


def test_a_report_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="write `deployed`, or the file"):
        ran("--measure", str(tmp_path / "none.json"))
