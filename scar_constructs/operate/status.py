"""How a workflow is doing: what waits, runs, is done, and has failed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scar_constructs.model.limits import FAILURES_OUTPUT, SERVICE_FAILURES_OUTPUT
from scar_constructs.operate.batch_jobs import RUNNING, WAITING, Jobs, JobState
from scar_constructs.operate.deployed import DeployedFunction, DeployedStack
from scar_constructs.operate.executions import (
    EXECUTION,
    FAILED,
    SUCCEEDED,
    Execution,
    executions,
    percentile,
)
from scar_constructs.operate.log_lines import LogReader
from scar_constructs.operate.parallel import in_order
from scar_constructs.operate.session import Session
from scar_constructs.operate.waiting import WaitingGroup, WaitingGroups

HOUR, DAY = 3600.0, 86400.0
QUEUED = "QUEUED"
"""Files in a function's queue are no jobs yet."""


@dataclass(frozen=True)
class FunctionStatus:
    """One function. `waiting`: jobs by their states, and files that are gathered; and the age in
    seconds of the oldest event that Lambda holds back (None where CloudWatch has no figure). Counts
    of executions are those of the last hour and day; `median` and `p95` are seconds of those that
    succeeded in a day. `groups` are those of a join that are not whole."""

    function: str
    mode: str
    waiting: Mapping[str, int]
    oldest_job: str | None
    oldest_seconds: float | None
    event_age_seconds: float | None
    running: int
    succeeded_hour: int
    succeeded_day: int
    failed_hour: int
    failed_day: int
    median_seconds: float | None
    p95_seconds: float | None
    groups: tuple[WaitingGroup, ...] = ()


@dataclass(frozen=True)
class StackStatus:
    """One workflow, with how many failed events wait for a redrive."""

    stack: str
    status: str
    failures: int
    functions: tuple[FunctionStatus, ...]

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Status:
    """Looks at workflows of one account and region."""

    def __init__(self, session: Session) -> None:
        self._reader = LogReader(session)
        self._jobs = Jobs(session)
        self._groups = WaitingGroups(session)
        self._sqs = session.client("sqs")
        self._cloudwatch = session.client("cloudwatch")

    def of(self, stack: DeployedStack) -> StackStatus:
        """The state of a workflow at this moment."""
        now = time.time()
        found = tuple(in_order(lambda one: self._function(one, now), stack.functions))
        return StackStatus(stack.name, stack.status, self._failures(stack), found)

    def _function(self, function: DeployedFunction, now: float) -> FunctionStatus:
        since = int((now - DAY) * 1000)
        done = [
            one
            for one in executions(self._reader.search(function.log_groups, EXECUTION, since=since))
            if not one.is_handed_over
        ]
        seconds = [one.seconds for one in done if one.status == SUCCEEDED]
        waiting, running, oldest = self._job_states(function)
        return FunctionStatus(
            function=function.name,
            mode=function.mode,
            waiting=waiting,
            oldest_job=oldest.name if oldest else None,
            oldest_seconds=round(now - oldest.created, 1) if oldest else None,
            event_age_seconds=self._event_age(function.name),
            running=running,
            succeeded_hour=_count(done, SUCCEEDED, now - HOUR),
            succeeded_day=_count(done, SUCCEEDED, now - DAY),
            failed_hour=_count(_final(done), FAILED, now - HOUR),
            failed_day=_count(_final(done), FAILED, now - DAY),
            median_seconds=percentile(seconds, 0.5),
            p95_seconds=percentile(seconds, 0.95),
            groups=self._groups.of(function),
        )

    def _job_states(
        self, function: DeployedFunction
    ) -> tuple[dict[str, int], int, JobState | None]:
        """What waits by its state, how many jobs run, and the one that has waited longest."""
        count = self._queued(function.name)
        queued = {QUEUED: count} if count else {}
        queue = self._jobs.queue_of(function.name) if function.runs_jobs else None
        if queue is None:
            return queued, 0, None
        # A queue may be shared.
        own = {
            status: [
                one for one in self._jobs.in_state(queue, status) if one.definition == function.name
            ]
            for status in (*WAITING, RUNNING)
        }
        counts = Counter({status: sum(not one.size for one in own[status]) for status in own})
        counts.update(self._jobs.states([one for some in own.values() for one in some if one.size]))
        waiting = {status: counts[status] for status in WAITING if counts[status]}
        everyone = [one for status in WAITING for one in own[status]]
        oldest = min(everyone, key=lambda one: one.created, default=None)
        return queued | waiting, counts[RUNNING], oldest

    def _queued(self, function: str) -> int:
        """How many files wait in the function's own queue."""
        name = self._jobs.event_queue_of(function)
        if name is None:
            return 0
        return self._messages(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def _event_age(self, function: str) -> float | None:
        """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
        end = datetime.now(UTC)
        points = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="AsyncEventAge",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=end - timedelta(minutes=15),
            EndTime=end,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        newest = max(points, key=lambda one: one["Timestamp"], default=None)
        return round(newest["Maximum"] / 1000, 1) if newest else None

    def _failures(self, stack: DeployedStack) -> int:
        total = 0
        for output in (FAILURES_OUTPUT, SERVICE_FAILURES_OUTPUT):
            if url := stack.outputs.get(output):
                total += self._messages(url)
        return total

    def _messages(self, url: str) -> int:
        """How many messages are in a queue, those among them that something looks at."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(count) for count in answer["Attributes"].values())


def _final(done: Sequence[Execution]) -> list[Execution]:
    """The last attempt at each request: one that was tried again with success is no failure."""
    return list({(one.request_id, one.job_id): one for one in done}.values())


def _count(done: Sequence[Execution], status: str, since: float) -> int:
    return sum(one.status == status and one.ended >= since for one in done)
