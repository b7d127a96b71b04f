"""Which attempts of a job are followed by another."""

from __future__ import annotations

import pytest

from local.cloud.batch.retry import Exit, is_retried

SPOT = [
    {"onStatusReason": "Host EC2*", "action": "RETRY"},
    {"onReason": "CannotPull*", "action": "retry"},
    {"onReason": "*", "action": "EXIT"},
]


def ended(code: int | None, reason: str = "", status: str = "Essential container in task exited"):
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
def test_retry(strategy: dict[str, object], attempt: int, end: Exit, expected: bool) -> None:
    assert is_retried(strategy, attempt, end) is expected
