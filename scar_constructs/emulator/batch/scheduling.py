"""Which waiting job gets a compute environment's vCPUs next.

- A queue with a scheduling policy serves shares: first the one that uses least, which is the vCPUs
  of its running jobs times its weight; of two that use as much, the one whose last turn is longer
  ago. Batch sums up the use over time, here it is what runs now:
  https://docs.aws.amazon.com/batch/latest/userguide/share-identifiers.html
- Jobs of one share, and of a queue without a policy, go by priority and then in the order in which
  they came; one that is tried again goes first.
- A smaller job does not pass the one whose turn it is. A job that is larger than the environment
  waits for ever, as on AWS, and holds up no other.
"""

from __future__ import annotations

import itertools
import threading
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_MAX_VCPUS = 256.0
Lane = tuple[str, str]
"""The ARN of a queue, and a share of it."""


@dataclass(frozen=True)
class Request:
    """What a job needs. `queue_priority` and `weight` are asked for anew each time."""

    vcpus: float
    lane: Lane
    priority: int
    queue_priority: Callable[[], int]
    weight: Callable[[], float]


@dataclass(eq=False)
class Ticket:
    """A job's place: it is called when it has its vCPUs (`holds`), or is withdrawn. Then `called`
    is set, and `then` is carried out, which must not wait for anything."""

    request: Request
    order: tuple[int, int]
    called: threading.Event = field(default_factory=threading.Event)
    holds: bool = False
    then: Callable[[Ticket], None] = lambda _: None

    def call(self) -> None:
        self.called.set()
        self.then(self)


@dataclass
class _Machines:
    """One compute environment, whose record may change at any time."""

    environment: Mapping[str, Any]
    waiting: dict[Lane, list[Ticket]] = field(default_factory=dict)
    running: dict[Lane, float] = field(default_factory=dict)
    last_turn: dict[Lane, int] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        resources = self.environment.get("computeResources") or {}
        return float(resources.get("maxvCpus") or DEFAULT_MAX_VCPUS)

    @property
    def used(self) -> float:
        return sum(self.running.values())

    def next(self) -> Ticket | None:
        """The job whose turn it is, whether or not there is room for it now."""
        return min(self._heads(), key=self._turn, default=None)

    def _heads(self) -> Iterator[Ticket]:
        """The first of each share, of those for which there can ever be room."""
        for tickets in self.waiting.values():
            fitting = (one for one in tickets if one.request.vcpus <= self.limit)
            yield from itertools.islice(fitting, 1)

    def _turn(self, ticket: Ticket) -> tuple[int, float, int]:
        request = ticket.request
        use = self.running.get(request.lane, 0.0) * request.weight()
        return -request.queue_priority(), use, self.last_turn.get(request.lane, -1)


class Scheduler:
    """Gives out the vCPUs of all compute environments."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._machines: dict[str, _Machines] = {}

    def enter(
        self,
        environment: Mapping[str, Any],
        request: Request,
        *,
        again: bool = False,
        then: Callable[[Ticket], None] = lambda _: None,
    ) -> Ticket:
        """A place in the queue of an environment; `again` for a job that is tried again."""
        with self._lock:
            number = next(self._numbers)
            ticket = Ticket(request, (-request.priority, -1 if again else number), then=then)
            machines = self._of(environment)
            insort(machines.waiting.setdefault(request.lane, []), ticket, key=lambda one: one.order)
            self._call(machines)
        return ticket

    def withdraw(self, environment: Mapping[str, Any], ticket: Ticket) -> None:
        """Give up the place of a job that waits; one that has been called is left as it is."""
        with self._lock:
            machines, lane = self._of(environment), ticket.request.lane
            if ticket in machines.waiting.get(lane, ()):
                machines.waiting[lane].remove(ticket)
                ticket.call()
                self._call(machines)

    def release(self, environment: Mapping[str, Any], ticket: Ticket) -> None:
        """Give back the vCPUs of a job that has run."""
        with self._lock:
            machines = self._of(environment)
            ticket.holds = False
            machines.running[ticket.request.lane] -= ticket.request.vcpus
            self._call(machines)

    def reconsider(self, environment: Mapping[str, Any]) -> None:
        """Call jobs for which a changed environment has room."""
        with self._lock:
            self._call(self._of(environment))

    def in_use(self, environment: Mapping[str, Any]) -> float:
        """The vCPUs of the jobs that run in the environment."""
        with self._lock:
            return self._of(environment).used

    def _of(self, environment: Mapping[str, Any]) -> _Machines:
        arn = environment["computeEnvironmentArn"]
        return self._machines.setdefault(arn, _Machines(environment))

    def _call(self, machines: _Machines) -> None:
        while (ticket := machines.next()) is not None:
            request = ticket.request
            if machines.used + request.vcpus > machines.limit:
                return
            machines.waiting[request.lane].remove(ticket)
            machines.running[request.lane] = machines.running.get(request.lane, 0.0) + request.vcpus
            machines.last_turn[request.lane] = next(self._numbers)
            ticket.holds = True
            ticket.call()
