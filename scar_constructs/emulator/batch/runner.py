"""How a job runs: it waits for vCPUs, then its container runs, up to as many times as it may.
A job of an array does so by itself.

Every change of status is published as an event, and every attempt is entered in the ledger.
"""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scar_constructs.emulator.batch.arrays import Array
from scar_constructs.emulator.batch.attempt import AttemptRunner
from scar_constructs.emulator.batch.definitions import overrides_fault
from scar_constructs.emulator.batch.jobs import (
    CANCELLABLE,
    FAILED,
    RUNNABLE,
    SUCCEEDED,
    Job,
    milliseconds,
)
from scar_constructs.emulator.batch.retry import Exit, is_retried
from scar_constructs.emulator.batch.scheduling import Request, Scheduler, Ticket
from scar_constructs.emulator.ledger import Ledger
from scar_constructs.emulator.rows import BATCH, Attempt


@dataclass(frozen=True)
class Place:
    """The compute environment of a job, and what of its queue decides whose turn it is."""

    environment: Mapping[str, Any]
    queue_priority: Callable[[], int]
    weight: Callable[[], float]


class Runner:
    """Runs accepted jobs, each in a thread once its turn has come. `publish` takes a job's document
    after each change."""

    def __init__(
        self,
        attempts: AttemptRunner,
        ledger: Ledger,
        publish: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._attempts = attempts
        self._ledger = ledger
        self._publish = publish
        self._lock = threading.Lock()
        self._scheduler = Scheduler()

    def accept(self, job: Job, place: Place, request: Mapping[str, Any]) -> None:
        """Start a submitted job and return; it is in the ledger until it has ended."""
        entry = self._ledger.begin(f"job {job.name}")
        context = contextvars.copy_context()
        fault = overrides_fault(request)
        self._publish(job.document)

        def run(ticket: Ticket | None) -> None:
            try:
                if ticket is None:
                    self._end(job, FAILED, str(fault))
                else:
                    self._run(job, place, ticket)
            finally:
                self._ledger.end(entry)

        def start(ticket: Ticket | None) -> None:
            threading.Thread(target=context.run, args=(run, ticket), daemon=True).start()

        if fault is not None:
            start(None)
            return
        self._status(job, RUNNABLE)
        self._enter(job, place, then=start)

    def accept_array(self, array: Array, place: Place, request: Mapping[str, Any]) -> None:
        """Start the jobs of an array and return; all of them together are in the ledger until the
        last one has ended."""
        parent = array.parent
        entry = self._ledger.begin(f"array of jobs {parent.name}")
        self._publish(parent.document)

        def changed(child: Job) -> None:
            if array.changed(child, self._publish):
                self._ledger.end(entry)

        def run() -> None:
            for child in array.children:
                child.changed = functools.partial(changed, child)
                self.accept(child, place, request)

        threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()

    def terminate(self, job: Job, reason: str) -> None:
        """End a job that has not ended; a running container is stopped."""
        with self._lock:
            job.termination = reason
            stop, withdraw = job.stop, job.withdraw
        withdraw()
        if stop is not None:
            stop()

    def cancel(self, job: Job, reason: str) -> None:
        """End a job that has not started yet; later than that, nothing happens."""
        with self._lock:
            is_early = job.status in CANCELLABLE
            if is_early:
                job.termination = reason
        if is_early:
            job.withdraw()

    def vcpus_in_use(self, environment: Mapping[str, Any]) -> float:
        """The vCPUs of the jobs that run in the environment."""
        return self._scheduler.in_use(environment)

    def reconsider(self, environment: Mapping[str, Any]) -> None:
        """Start jobs for which a changed environment has room."""
        self._scheduler.reconsider(environment)

    def _enter(
        self,
        job: Job,
        place: Place,
        *,
        again: bool = False,
        then: Callable[[Ticket], None] = lambda _: None,
    ) -> Ticket:
        """Let the job wait for its vCPUs, and `then` go on. Ending it ends the wait."""
        wanted = Request(
            vcpus=job.vcpus,
            lane=(str(job.document["jobQueue"]), job.share),
            priority=job.priority,
            queue_priority=place.queue_priority,
            weight=place.weight,
        )
        ticket = self._scheduler.enter(place.environment, wanted, again=again, then=then)
        with self._lock:
            job.withdraw = functools.partial(self._scheduler.withdraw, place.environment, ticket)
            is_over = job.termination is not None
        if is_over:
            job.withdraw()
        return ticket

    def _run(self, job: Job, place: Place, ticket: Ticket) -> None:
        number, end = 0, None
        while end is None or is_retried(job.document["retryStrategy"], number, end):
            number += 1
            if number > 1:
                self._status(job, RUNNABLE)
                ticket = self._enter(job, place, again=True)
                ticket.called.wait()
            if not ticket.holds:
                break
            try:
                end = None
                if job.termination is None:
                    end = self._attempt(job, place.environment, number)
            finally:
                self._scheduler.release(place.environment, ticket)
            if end is None:
                break
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
        job.changed()
