"""One attempt at a task: its containers in the order of their dependencies, as ECS's agent has it.

- A container starts once all that it depends on have started (START), ended (COMPLETE) or ended
  with code 0 (SUCCESS). One whose dependency can no more come true counts as ended with code 143.
- When an essential container ends, the task ends: what runs is stopped, what waits never starts.
- A container that cannot be started fails the whole task.

https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerDependency.html
"""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scar_constructs.emulator.engine import Engine, Program, Running, StartError

KILL_GRACE_SECONDS = 30.0
"""Batch sends SIGTERM and, 30 seconds later, SIGKILL:
https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html"""
NEVER_STARTED_CODE = 143
START, COMPLETE, SUCCESS = "START", "COMPLETE", "SUCCESS"


@dataclass(frozen=True)
class Part:
    """One container of a task. `depends_on`: name -> condition; `heard` gets its lines."""

    name: str
    program: Program
    essential: bool
    depends_on: Mapping[str, str]
    heard: Callable[[str], None]


@dataclass
class Ended:
    """How a container ended: with a code, or (None) not at all because the task was over."""

    code: int | None = None
    reason: str = ""


def in_context(do: Callable[[], None]) -> threading.Thread:
    """A thread that works for the same account and Region as this one."""
    return threading.Thread(target=contextvars.copy_context().run, args=(do,))


@dataclass
class TaskRun:
    """Runs the parts to their end; `started` is called when the first of them runs."""

    engine: Engine
    parts: Sequence[Part]
    started: Callable[[], None] = lambda: None
    fault: StartError | None = None
    _running: dict[str, Running] = field(default_factory=dict)
    _ended: dict[str, Ended] = field(default_factory=dict)
    _over: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self) -> Mapping[str, Ended]:
        """How each container ended. If one could not be started, `fault` says why."""
        threads = [in_context(functools.partial(self._live, part)) for part in self.parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._ended

    def stop(self) -> None:
        """End the task: no container starts any more, and those that run are asked to end."""
        with self._changed:
            self._over = True
            running = list(self._running.values())
            self._changed.notify_all()
        for one in running:
            one.stop(KILL_GRACE_SECONDS)

    def statuses(self) -> list[tuple[str, str, int | None]]:
        """Name, status in ECS's words, and exit code (once it has ended) of each container."""
        with self._changed:
            return [
                (part.name, self._status(part.name), self._ended.get(part.name, Ended()).code)
                for part in self.parts
            ]

    def _status(self, name: str) -> str:
        if name in self._ended:
            return "STOPPED"
        return "RUNNING" if name in self._running else "PENDING"

    @property
    def exit_code(self) -> int | None:
        """That of the essential container: the first that failed, if there are several."""
        codes = [
            self._ended[part.name].code
            for part in self.parts
            if part.essential and part.name in self._ended
        ]
        told = [code for code in codes if code is not None]
        return next((code for code in told if code), told[0] if told else None)

    def _live(self, part: Part) -> None:
        process = None
        end = self._await_dependencies(part)
        if end is None:
            process = self._start(part)
            end = Ended()
        if process:
            for line in process.lines():
                part.heard(line)
            end = Ended(process.wait())
        with self._changed:
            self._running.pop(part.name, None)
            self._ended[part.name] = end
            self._changed.notify_all()
        if part.essential:
            self.stop()

    def _await_dependencies(self, part: Part) -> Ended | None:
        """None once the container may start, else how it ended without."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._verdict(part) is not None)
            if self._over:
                return Ended()
            if self._verdict(part):
                return None
        text = ", ".join(f"{name} {condition}" for name, condition in part.depends_on.items())
        return Ended(NEVER_STARTED_CODE, f"CannotStartContainerError: cannot come true: {text}")

    def _verdict(self, part: Part) -> bool | None:
        """Whether the container may start; None while that is open."""
        verdicts = [self._one(name, condition) for name, condition in part.depends_on.items()]
        if any(verdict is False for verdict in verdicts):
            return False
        return True if all(verdicts) else None

    def _one(self, name: str, condition: str) -> bool | None:
        ended = self._ended.get(name)
        if condition == START:
            return True if ended or name in self._running else None
        if ended is None:
            return None
        if condition == SUCCESS:
            return ended.code == 0
        return ended.code is not None

    def _start(self, part: Part) -> Running | None:
        try:
            process = self.engine.start(part.program)
        except StartError as error:
            self.fault = error
            self.stop()
            return None
        with self._changed:
            first = not self._running and not self._ended
            self._running[part.name] = process
            over = self._over
            self._changed.notify_all()
        if first:
            self.started()
        if over:
            process.stop(KILL_GRACE_SECONDS)
        return process
