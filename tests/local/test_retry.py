"""T4: which attempts of a job are followed by another, by AWS's rules and the strategies that are
generated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.emulator.batch.retry import Exit, is_retried

SPOT = [
    {"onStatusReason": "Host EC2*", "action": "RETRY"},
    {"onReason": "CannotPull*", "action": "retry"},
    {"onReason": "*", "action": "EXIT"},
]


def ended(
    code: int | None, reason: str = "", status: str = "Essential container in task exited"
) -> Exit:
    return Exit(code, reason, status)


@pytest.mark.parametrize(
    ("strategy", "attempt", "end", "expected"),
    [
        pytest.param({"attempts": 3}, 1, ended(0), False, id="a success is not repeated"),
        pytest.param({}, 1, ended(1), False, id="one attempt by default"),
        pytest.param({"attempts": 3}, 1, ended(1), True, id="a failure is repeated"),
        pytest.param({"attempts": 3}, 3, ended(1), False, id="attempts are used up"),
        pytest.param(
            {"attempts": 3, "evaluateOnExit": SPOT},
            1,
            ended(None, "", "Host EC2 (instance i-0) terminated."),
            True,
            id="first match retries",
        ),
        pytest.param(
            {"attempts": 3, "evaluateOnExit": SPOT}, 1, ended(7), False, id="last match exits"
        ),
        pytest.param(
            {
                "attempts": 3,
                "evaluateOnExit": [
                    {"onExitCode": "7", "action": "EXIT"},
                    {"onExitCode": "7", "action": "RETRY"},
                ],
            },
            1,
            ended(7),
            False,
            id="the first of two matches decides",
        ),
        pytest.param(
            {"attempts": 3, "evaluateOnExit": [{"onExitCode": "7", "action": "EXIT"}]},
            1,
            ended(77),
            True,
            id="no match retries, and 77 does not match 7",
        ),
        pytest.param(
            {
                "attempts": 3,
                "evaluateOnExit": [{"onExitCode": "1*", "onReason": "Out*", "action": "EXIT"}],
            },
            1,
            ended(137, "Something else"),
            True,
            id="all patterns of an entry must match",
        ),
        pytest.param(
            {"attempts": 3, "evaluateOnExit": [{"onReason": "*", "action": "RETRY"}]},
            1,
            Exit(143, "", "Job attempt duration exceeded timeout", timed_out=True),
            False,
            id="a time-out is never retried",
        ),
        pytest.param(
            {"attempts": 3}, 1, Exit(143, "", "", terminated=True), False, id="nor a terminated job"
        ),
        pytest.param({"attempts": 2}, 1, ended(None, "CannotPull"), True, id="no exit code at all"),
    ],
)
def test_t4_retry(strategy: dict[str, object], attempt: int, end: Exit, expected: bool) -> None:
    assert is_retried(strategy, attempt, end) is expected


TEMPLATES = Path(__file__).parents[1] / "golden" / "templates"


def generated() -> Iterator[Mapping[str, Any]]:
    """The strategy of each job definition in the golden templates, in the words of the API."""
    for path in sorted(TEMPLATES.glob("*/*.template.json")):
        for resource in json.loads(path.read_text())["Resources"].values():
            if resource["Type"] == "AWS::Batch::JobDefinition":
                strategy = resource["Properties"]["RetryStrategy"]
                conditions = [
                    {name[0].lower() + name[1:]: value for name, value in one.items()}
                    for one in strategy["EvaluateOnExit"]
                ]
                yield {"attempts": strategy["Attempts"], "evaluateOnExit": conditions}


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(
            Exit(None, "", "Host EC2 (instance i-0a1b2c3d) terminated."), True, id="lost host"
        ),
        pytest.param(Exit(None, "", "Your Spot Task was interrupted."), True, id="lost Spot task"),
        pytest.param(Exit(None, "", "Task failed to start"), True, id="never started"),
        pytest.param(
            Exit(None, "DockerTimeoutError: Could not transition", "Task failed"),
            True,
            id="slow host",
        ),
        pytest.param(ended(1), False, id="exit 1"),
        pytest.param(ended(137, "OutOfMemoryError: Container killed"), False, id="out of memory"),
        pytest.param(ended(143), False, id="asked to end"),
        pytest.param(
            Exit(None, "CannotPullContainerError: not found", ""), False, id="no such image"
        ),
        pytest.param(
            Exit(143, "", "Job attempt duration exceeded timeout", timed_out=True),
            False,
            id="time-out",
        ),
        pytest.param(Exit(None, "", "", terminated=True), False, id="terminated by a person"),
        pytest.param(ended(0), False, id="success"),
    ],
)
def test_t4_generated_strategies_retry_what_the_platform_did_and_nothing_else(
    end: Exit, expected: bool
) -> None:
    strategies = list(generated())
    assert len(strategies) > 10
    for strategy in strategies:
        assert is_retried(strategy, 1, end) is expected
        assert not is_retried(strategy, strategy["attempts"], end)
