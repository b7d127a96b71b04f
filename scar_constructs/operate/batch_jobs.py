"""Jobs of AWS Batch: their states, and where their containers log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scar_constructs.operate.session import Session

WAITING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING")
RUNNING = "RUNNING"
FAILED = "FAILED"
_JOBS_OF_A_CALL = 100
"""https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html"""


@dataclass(frozen=True)
class JobState:
    """A job as Batch knows it, which forgets it some days after its end. `definition` is named as
    the function. Moments are in seconds of Unix time. `size`: how many jobs an array is together.
    """

    id: str
    name: str
    definition: str
    status: str
    reason: str
    created: float
    started: float | None
    size: int | None = None


class Jobs:
    """Jobs in one account and region."""

    def __init__(self, session: Session) -> None:
        self._batch = session.client("batch")
        self._functions = session.client("lambda")

    def queue_of(self, function: str) -> str | None:
        """The queue to which a function submits; None if it has none."""
        return self._variables(function).get("SCAR_JOB_QUEUE")

    def event_queue_of(self, function: str) -> str | None:
        """The name of the queue through which a function's files come; None if it has none."""
        arn = self._variables(function).get("SCAR_EVENT_QUEUE")
        return arn.rpartition(":")[2] if arn else None

    def _variables(self, function: str) -> Mapping[str, str]:
        settings = self._functions.get_function_configuration(FunctionName=function)
        found: Mapping[str, str] = settings.get("Environment", {}).get("Variables", {})
        return found

    def in_state(self, queue: str, status: str) -> Iterator[JobState]:
        """The jobs of a queue in a state."""
        pages = self._batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status)
        for one in (one for page in pages for one in page["jobSummaryList"]):
            yield _state(one)

    def described(self, ids: Sequence[str]) -> dict[str, JobState]:
        """Those of these jobs that Batch still knows."""
        return {str(one["jobId"]): _state(one) for one in self._describe(ids)}

    def states(self, arrays: Sequence[JobState]) -> Counter[str]:
        """How many jobs of these arrays are in each state, as Batch summed them up last."""
        found: Counter[str] = Counter()
        sizes = {one.id: one.size or 0 for one in arrays}
        for one in self._describe(list(sizes)):
            summary = (one.get("arrayProperties") or {}).get("statusSummary") or {}
            found.update(summary or {str(one["status"]): sizes[str(one["jobId"])]})
        return found

    def streams(self, job: str) -> set[str]:
        """The log streams of all attempts, containers and hosts of a job."""
        found: set[str] = set()
        for one in self._describe([job]):
            found |= set(_streams(one))
            if nodes := (one.get("nodeProperties") or {}).get("numNodes"):
                ids = [f"{job}#{number}" for number in range(nodes)]
                found |= {name for node in self._describe(ids) for name in _streams(node)}
        return found

    def _describe(self, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(ids), _JOBS_OF_A_CALL):
            some = list(ids[start : start + _JOBS_OF_A_CALL])
            yield from self._batch.describe_jobs(jobs=some)["jobs"]


def _state(one: Mapping[str, Any]) -> JobState:
    started = one.get("startedAt")
    return JobState(
        id=str(one["jobId"]),
        name=str(one["jobName"]),
        definition=str(one.get("jobDefinition", "")).rpartition("/")[2].partition(":")[0],
        status=str(one["status"]),
        reason=str(one.get("statusReason") or ""),
        created=float(one.get("createdAt") or 0) / 1000,
        started=float(started) / 1000 if started else None,
        size=(one.get("arrayProperties") or {}).get("size"),
    )


def _streams(part: Any) -> Iterator[str]:
    """Every stream that is named in a job, wherever its kind has it."""
    if isinstance(part, Mapping):
        name = part.get("logStreamName")
        if isinstance(name, str) and name:
            yield name
        for value in part.values():
            yield from _streams(value)
    elif isinstance(part, list):
        for entry in part:
            yield from _streams(entry)
