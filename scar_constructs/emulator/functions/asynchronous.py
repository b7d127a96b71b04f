"""Asynchronous invocations: a bounded number at a time, two retries, then the failure destination.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. Lambda waits a
minute before the first retry and two before the second; here it is a second and two. All attempts
at one event carry the same request id, as on AWS.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from scar_constructs.emulator.ledger import Ledger

DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 6 * 3600
_RETRY_SECONDS = 1.0
_THROTTLED_SECONDS = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """The part of a function's EventInvokeConfig that decides about retries."""

    retries: int = DEFAULT_RETRIES
    max_age_seconds: int = DEFAULT_AGE_SECONDS


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended. `throttled` ones do not count as attempts."""

    failed: bool
    throttled: bool = False


@dataclass(frozen=True)
class Event:
    """An event that waits for its function.

    `run` makes one attempt, given the request id, the attempt's number and whether it is the last;
    `give_up` sends the event to the failure destination.
    """

    description: str
    settings: Settings
    run: Callable[[str, int, bool], Outcome]
    give_up: Callable[[], None]
    request_id: str = field(default_factory=lambda: str(uuid4()))
    number: int = 1
    accepted: float = field(default_factory=time.monotonic)
    context: Any = field(default_factory=contextvars.copy_context)


class AsynchronousInvoker:
    """A queue of events with `workers` invocations at a time.

    An emulator without this bound starts a process per uploaded file.
    """

    def __init__(self, ledger: Ledger, workers: int, retry_seconds: float = _RETRY_SECONDS) -> None:
        self._ledger = ledger
        self._retry_seconds = retry_seconds
        self._queue: queue.SimpleQueue[tuple[Event, int]] = queue.SimpleQueue()
        for _ in range(workers):
            threading.Thread(target=self._work, daemon=True).start()

    def accept(self, event: Event) -> None:
        """Queue the event; it is in the ledger until it has succeeded or was given up."""
        self._queue.put((event, self._ledger.begin(event.description)))

    def _work(self) -> None:
        while True:
            event, entry = self._queue.get()
            try:
                waits = self._handle(event, entry)
            except Exception:  # a fault of ours in one event must not end the worker of the others
                _log.exception("%s", event.description)
                waits = False
            if not waits:
                self._ledger.end(entry)

    def _handle(self, event: Event, entry: int) -> bool:
        """Make an attempt; true if another one waits."""
        last = event.number > event.settings.retries
        outcome = event.context.run(event.run, event.request_id, event.number, last)
        if outcome.throttled:
            self._again(event, entry, _THROTTLED_SECONDS)
            return True
        if not outcome.failed:
            return False
        pause = self._retry_seconds * 2 ** (event.number - 1)
        age = time.monotonic() - event.accepted
        if last or age + pause > event.settings.max_age_seconds:
            event.context.run(event.give_up)
            return False
        self._again(replace(event, number=event.number + 1), entry, pause)
        return True

    def _again(self, event: Event, entry: int, pause: float) -> None:
        timer = threading.Timer(pause, self._queue.put, [(event, entry)])
        timer.daemon = True
        timer.start()
