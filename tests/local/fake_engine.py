"""An engine whose programs do what a test says, without a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scar_constructs.emulator.engine import Program, StartError


class FakeProgram:
    """Ends at once with a code, or (code None) runs until it is stopped."""

    def __init__(self, code: int | None, lines: tuple[str, ...]) -> None:
        self._code = code
        self._lines = lines
        self._stopped = threading.Event()

    def lines(self) -> Iterator[str]:
        yield from self._lines
        if self._code is None:
            self._stopped.wait(10)

    def wait(self) -> int:
        return 143 if self._code is None else self._code

    def stop(self, grace_seconds: float) -> None:
        del grace_seconds
        self._stopped.set()


class FakeEngine:
    """Starts one program per given ending, in order; a text is a `StartError` with it."""

    def __init__(self, *endings: int | str | None, lines: tuple[str, ...] = ()) -> None:
        self._endings = list(endings)
        self._lines = lines
        self.started: list[Program] = []
        self.volumes: list[str] = []
        self.begun = threading.Event()

    def start(self, program: Program) -> FakeProgram:
        self.started.append(program)
        ending = self._endings.pop(0)
        if isinstance(ending, str):
            raise StartError(ending)
        self.begun.set()
        return FakeProgram(ending, self._lines)

    @contextmanager
    def volume(self, name: str) -> Iterator[str]:
        self.volumes.append(name)
        yield name
        self.volumes.remove(name)

    def close(self) -> None:
        """Nothing outlives the test."""
