"""Whether a failed attempt of a job is tried again.

Rules: https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html and
https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html. The entries of evaluateOnExit
are compared in order and the first that matches decides; if none matches, the job is retried. A
job that exceeded its time-out, and one that was terminated, is never retried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_ATTEMPTS = 10
MAX_CONDITIONS = 5


@dataclass(frozen=True)
class Exit:
    """How an attempt ended. `reason` is the container's, `status_reason` the attempt's; `output` is
    what its containers printed last."""

    exit_code: int | None
    reason: str
    status_reason: str
    timed_out: bool = False
    terminated: bool = False
    output: str = ""

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not self.timed_out and not self.terminated


def is_retried(strategy: Mapping[str, object], attempt: int, end: Exit) -> bool:
    """Whether attempt number `attempt` (from 1), which ended so, is followed by another.

    `strategy` is a retryStrategy as in the API.
    """
    attempts = strategy.get("attempts", 1)
    if end.succeeded or end.timed_out or end.terminated or attempt >= int(str(attempts)):
        return False
    conditions = strategy.get("evaluateOnExit") or ()
    if not isinstance(conditions, Sequence):
        return True
    for condition in conditions:
        if _matches(condition, end):
            return str(condition["action"]).upper() == "RETRY"
    return True


def _matches(condition: Mapping[str, str], end: Exit) -> bool:
    """All patterns that a condition names must match; one that names none matches everything."""
    exit_code = "" if end.exit_code is None else str(end.exit_code)
    observed = {
        "onExitCode": exit_code,
        "onReason": end.reason,
        "onStatusReason": end.status_reason,
    }
    return all(
        _glob(condition[name], text) for name, text in observed.items() if condition.get(name)
    )


def _glob(pattern: str, text: str) -> bool:
    """Batch knows one special character: an asterisk at the end, for any further text."""
    prefix = pattern.removesuffix("*")
    return text.startswith(prefix) if prefix != pattern else text == pattern
