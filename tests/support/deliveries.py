"""Lambda and Batch as far as events go: they deliver, try again, and keep what failed for good.

Each event is delivered as AWS does it: an asynchronous event has three attempts under one request
id, a job one attempt and another one where its host was lost; what fails for good is kept with its
event. `redrive` then does what the command does. Processes are played in this one: a process that
dies is an exception that nothing in the runtime catches.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.client import HTTPResponse
from typing import Any, TypeVar

from scar_runtime.aws.client import Client
from scar_runtime.aws.request import Request
from scar_runtime.errors import ScarError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.runtime import Runtime

from scar_constructs.operate.redrive.failures import FailedJob, Failure, with_first_request
from scar_constructs.operate.redrive.jobs import Spool as JobSpool
from tests.runtime.functions import FakeBatch, Function, Invoked
from tests.runtime.unprivileged import unprivileged

ATTEMPTS = 3
"""Of an asynchronous event: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
HOSTS = 2
LATER_SECONDS = 10_000.0
T = TypeVar("T")


class Killed(BaseException):
    """The end of a process: nothing in the runtime catches it."""


def mortal(request: int, *, after: bool) -> type[Client]:
    """A client with which a process dies before or after its request of this number, from 0."""

    class Mortal(Client):
        sent = 0

        def send(self, request_: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            Mortal.sent += 1
            last = Mortal.sent > request
            if last and not after:
                raise Killed
            answer = super().send(request_, region, receive)
            if last:
                raise Killed
            return answer

    return Mortal


@dataclass(frozen=True)
class Process:
    """What befalls the next process: with which client it asks, how its clock is off, and what is
    done to its runtime before it begins. One with `killed_after` (seconds) is a real process."""

    client: type[Client] = Client
    ahead: float = 0.0
    prepare: Callable[[Runtime], None] = lambda _: None
    killed_after: float | None = None


@dataclass
class Platform:
    """Delivers the events of one function; `process` says what befalls each process.

    `failures` are the events and jobs that failed for good.
    """

    function: Function
    mode: str
    process: Callable[[], Process] = Process
    failures: list[Failure] = field(default_factory=list)
    name: str = "f"

    def deliver(self, event: Any, attempts: int = ATTEMPTS) -> None:
        """One delivery of an event, with its retries and the jobs that it makes."""
        batch = FakeBatch(before=self.function.batch.before, after=self.function.batch.after)
        own = replace(self.function, batch=batch)
        request_id = str(uuid.uuid4())
        if not any(self._invoke(own, event, request_id) for _ in range(attempts)):
            self.failures.append(Failure(self.name, "gave up", event, request_id=request_id))
        for number in range(len(batch.jobs)):
            self.run_job(own, number)

    def run_job(self, made: Function, number: int) -> None:
        """Run the job that was submitted as this number, and keep it if it fails for good."""
        if not any(self.run(lambda one: one.job(number), made) for _ in range(HOSTS)):
            job = FailedJob(f"{made.batch.name}-{number + 1}", made.batch.event_key(number))
            self.failures.append(Failure(self.name, "the job failed", job=job))

    def redrive(self) -> None:
        """Give all that failed to the function again, once nothing goes wrong any more."""
        failures, self.failures = self.failures, []
        calm = replace(self.function, batch=FakeBatch(), ahead=LATER_SECONDS)
        again = Platform(calm, self.mode, failures=self.failures, name=self.name)
        for failure in failures:
            event = failure.event
            if failure.job:
                spool = JobSpool(calm.spool.client, calm.spool.name, self.name)
                found = spool.read(failure.job)
                event = found.event
                if found.claim and not spool.release(failure.job, found.claim):
                    continue
            again.deliver(with_first_request(failure, event))

    def _invoke(self, made: Function, event: Any, request_id: str) -> bool:
        """Whether the function took the event."""
        befalls = self.process()
        if befalls.killed_after is not None:
            return self._dies_for_real(made, event, request_id, befalls.killed_after)
        runtime = replace(made, client=befalls.client, ahead=made.ahead + befalls.ahead).runtime()
        befalls.prepare(runtime)
        with closing(runtime.connections):
            invocation = Invocation(runtime, Invoked(request_id))
            try:
                (invocation.handle if self.mode == "lambda" else invocation.dispatch)(event)
            except (ScarError, Killed):
                return False
        return True

    def _dies_for_real(self, made: Function, event: Any, request_id: str, after: float) -> bool:
        """The same in a process of its own, as Lambda's user, which gets SIGKILL after so long."""
        with unprivileged(made) as environment:
            clock = threading.Timer(after, environment.process.kill)
            clock.start()
            try:
                said = environment.invoke(event, request_id)
            except (ValueError, OSError):
                return False
            finally:
                clock.cancel()
            return "answer" in said

    def run(self, job: Callable[[Function], Runtime], made: Function) -> bool:
        """Whether a job is over: it has succeeded. One that fails is not tried again, but one
        whose host was lost is."""
        befalls = self.process()
        runtime = job(replace(made, client=befalls.client, ahead=made.ahead + befalls.ahead))
        befalls.prepare(runtime)
        # Signals can be caught in the main thread only.
        setattr(runtime.terminator, "install", lambda *_: None)  # noqa: B010
        with closing(runtime.connections):
            try:
                return run_job(runtime) == 0
            except Killed:
                return False


def slow(source: random.Random) -> type[Client]:
    """A client whose service takes its time."""

    class Slow(Client):
        def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
            time.sleep(source.uniform(0, 0.1))
            answer = super().send(request, region, receive)
            time.sleep(source.uniform(0, 0.1))
            return answer

    return Slow


def random_death(source: random.Random, share: float, requests: int) -> Process:
    """A process that dies, with this chance, at one of its first requests."""
    if source.random() >= share:
        return Process()
    return Process(mortal(source.randrange(requests), after=source.random() < 0.5))
