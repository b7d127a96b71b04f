"""How a job runs: it waits for vCPUs, then its container runs, up to as many times as it may.

Every change of status is published as an event, and every attempt is entered in the ledger.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.batch.attempt import AttemptRunner
from local.cloud.batch.definitions import overrides_fault
from local.cloud.batch.jobs import CANCELLABLE, FAILED, SUCCEEDED, Job, milliseconds
from local.cloud.batch.retry import Exit, is_retried
from local.cloud.executions import BATCH, Attempt
from local.cloud.ledger import Ledger

DEFAULT_MAX_VCPUS = 256.0


@dataclass
class _Capacity:
    limit: float
    used: float = 0.0


class Runner:
    """Runs accepted jobs, each in a thread. `publish` takes a job's document after each change."""

    def __init__(
        self,
        attempts: AttemptRunner,
        ledger: Ledger,
        publish: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._attempts = attempts
        self._ledger = ledger
        self._publish = publish
        self._changed = threading.Condition()
        self._capacity: dict[str, _Capacity] = {}

    def accept(self, job: Job, environment: Mapping[str, Any], request: Mapping[str, Any]) -> None:
        """Start a submitted job and return; it is in the ledger until it has ended."""
        entry = self._ledger.begin(f"job {job.name}")
        context = contextvars.copy_context()
        fault = overrides_fault(request)
        self._publish(job.document)

        def run() -> None:
            try:
                if fault is not None:
                    self._end(job, FAILED, fault)
                else:
                    self._run(job, environment)
            finally:
                self._ledger.end(entry)

        threading.Thread(target=context.run, args=(run,), daemon=True).start()

    def terminate(self, job: Job, reason: str) -> None:
        """End a job that has not ended; a running container is stopped."""
        with self._changed:
            job.termination = reason
            stop = job.stop
            self._changed.notify_all()
        if stop is not None:
            stop()

    def cancel(self, job: Job, reason: str) -> None:
        """End a job that has not started yet; later than that, nothing happens."""
        with self._changed:
            if job.status in CANCELLABLE:
                job.termination = reason
                self._changed.notify_all()

    def vcpus_in_use(self, environment_arn: str) -> float:
        """The vCPUs of the jobs that run in the environment."""
        with self._changed:
            capacity = self._capacity.get(environment_arn)
            return capacity.used if capacity else 0.0

    def _run(self, job: Job, environment: Mapping[str, Any]) -> None:
        number, end = 0, None
        while end is None or is_retried(job.document["retryStrategy"], number, end):
            number += 1
            self._status(job, "RUNNABLE")
            if not self._acquire(job, environment):
                break
            try:
                end = self._attempt(job, environment, number)
            finally:
                self._release(job, environment)
        self._conclude(job, end)

    def _attempt(self, job: Job, environment: Mapping[str, Any], number: int) -> Exit:
        self._status(job, "STARTING")
        started, clock = milliseconds(), time.monotonic()

        def running() -> None:
            job.document["startedAt"] = milliseconds()
            self._status(job, "RUNNING")

        end = self._attempts.run(job, environment, number, running)
        job.document["attempts"].append(
            {
                **job.tasks[0].record(),
                "startedAt": started,
                "stoppedAt": milliseconds(),
                "statusReason": end.status_reason,
            }
        )
        self._ledger.attempted(
            Attempt(
                service=BATCH,
                execution=job.id,
                function=job.definition_name,
                number=number,
                succeeded=end.succeeded,
                final=not is_retried(job.document["retryStrategy"], number, end),
                seconds=time.monotonic() - clock,
                exit_code=end.exit_code,
                reason=None if end.succeeded else end.reason or end.status_reason,
                output=end.output,
            )
        )
        return end

    def _conclude(self, job: Job, end: Exit | None) -> None:
        if job.termination is not None and (end is None or not end.succeeded):
            self._end(job, FAILED, job.termination)
        elif end is not None:
            self._end(job, SUCCEEDED if end.succeeded else FAILED, end.status_reason)

    def _end(self, job: Job, status: str, reason: str) -> None:
        if not job.document["attempts"]:
            self._ledger.attempted(
                Attempt(BATCH, job.id, job.definition_name, 0, False, True, 0.0, reason=reason)
            )
        job.document["stoppedAt"] = milliseconds()
        job.document["statusReason"] = reason
        self._status(job, status)

    def _status(self, job: Job, status: str) -> None:
        job.document["status"] = status
        self._publish(job.document)

    def _acquire(self, job: Job, environment: Mapping[str, Any]) -> bool:
        """Wait for the job's vCPUs; false if the job was ended before it got them.

        A job that asks for more than there will ever be waits, as on AWS.
        """
        resources = environment.get("computeResources") or {}
        limit = float(resources.get("maxvCpus") or DEFAULT_MAX_VCPUS)
        with self._changed:
            capacity = self._capacity.setdefault(environment["computeEnvironmentArn"], _Capacity(0))
            capacity.limit = limit
            self._changed.wait_for(
                lambda: job.termination is not None or capacity.used + job.vcpus <= capacity.limit
            )
            if job.termination is not None:
                return False
            capacity.used += job.vcpus
            return True

    def _release(self, job: Job, environment: Mapping[str, Any]) -> None:
        with self._changed:
            self._capacity[environment["computeEnvironmentArn"]].used -= job.vcpus
            self._changed.notify_all()
