"""What is in flight and what has run, so that "wait until everything is done" is exact.

Whatever will cause more work enters the ledger before the work that caused it leaves: an upload's
event before the upload is answered, an invocation before its event is done, a job before its
submission is answered. So an empty ledger means that nothing more will happen by itself.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scar_constructs.emulator.rows import Attempt, Report, Row, parse_report, rows


class Ledger:
    """A thread-safe account of work in flight, of attempts made and of what the runtime said."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._in_flight: dict[int, str] = {}
        self._attempts: list[Attempt] = []
        self._reports: list[Report] = []
        self._warnings: dict[str, None] = {}

    def begin(self, what: str) -> int:
        """Enter work (a short text for people); `end` takes the number that this returns."""
        with self._lock:
            number = next(self._numbers)
            self._in_flight[number] = what
            return number

    def end(self, number: int) -> None:
        with self._lock:
            del self._in_flight[number]

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        number = self.begin(what)
        try:
            yield
        finally:
            self.end(number)

    def attempted(self, attempt: Attempt) -> None:
        with self._lock:
            self._attempts.append(attempt)

    def heard(self, line: str, job: str | None = None) -> None:
        """Note a line of a job's or (None) a function's log if it is the report of a record."""
        report = parse_report(line, job)
        if report is not None:
            with self._lock:
                self._reports.append(report)

    def warn(self, text: str) -> None:
        """Note something that AWS would drop in silence, or with no more than a metric."""
        with self._lock:
            self._warnings[text] = None

    def in_flight(self) -> list[str]:
        with self._lock:
            return list(self._in_flight.values())

    def rows(self) -> list[Row]:
        with self._lock:
            return rows(self._attempts, self._reports)

    def document(self) -> dict[str, object]:
        """Everything as JSON-ready data, for the control endpoint."""
        with self._lock:
            warnings = list(self._warnings)
        return {
            "in_flight": self.in_flight(),
            "executions": [row.document() for row in self.rows()],
            "warnings": warnings,
        }
