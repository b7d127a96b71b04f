"""One execution environment: a process, its Runtime API, its output."""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from scar_constructs.emulator.engine import Log, StartError
from scar_constructs.emulator.functions.launch import Launcher
from scar_constructs.emulator.functions.runtime_api import (
    Answer,
    Invocation,
    RuntimeApi,
    deadline_after,
)
from scar_constructs.emulator.functions.specification import Function

INIT_SECONDS = 60.0
"""Lambda gives the first initialisation 10 s; a busy machine with a cold image needs more."""
MAX_RESPONSE_BYTES = 6 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_LAST_LINES_SECONDS = 0.5
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Result:
    """How an invocation ended: the function's result, or an error document if `failed`."""

    payload: bytes
    failed: bool
    lines: tuple[str, ...]
    seconds: float


class Environment:
    """A started environment. One invocation at a time; `usable` is false once it is spent.

    `heard` gets each line as it is printed, and `log` the same in the environment's own stream.
    """

    def __init__(
        self, function: Function, launcher: Launcher, heard: Callable[[str], None], log: Log
    ) -> None:
        self.function = function
        self.usable = True
        self.last_used = time.monotonic()
        self._heard = heard
        self._stream = _Stream(function, log)
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._exit_code: int | None = None
        self._api = RuntimeApi()
        try:
            self._process = launcher.start(function, self._api.address, self._stream.name)
        except BaseException:
            self._api.close()
            raise
        # The log is that of the account and Region which the invocation is for.
        follow = contextvars.copy_context().run
        threading.Thread(target=follow, args=(self._follow,), daemon=True).start()

    def invoke(self, request_id: str, payload: bytes) -> Result:
        """Run the function on one event; an environment that fails the platform is closed."""
        started = time.monotonic()
        self._stream.begin(request_id)
        answer = self._await_init()
        if answer is None:
            limit = self.function.timeout_seconds
            started = time.monotonic()
            deadline = deadline_after(limit)
            self._api.hand(Invocation(request_id, payload, deadline, self.function.arn))
            answer = self._await_answer(request_id, limit)
        seconds = time.monotonic() - started
        if not answer.failed and len(answer.payload) > MAX_RESPONSE_BYTES:
            answer = _error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size "
                f"({MAX_RESPONSE_BYTES} bytes).",
            )
        self.last_used = time.monotonic()
        lines = self._take_lines()
        self._stream.end(request_id, seconds)
        return Result(answer.payload, answer.failed, lines, seconds)

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    def close(self) -> None:
        self.usable = False
        self._process.stop(0)
        self._ended.wait(INIT_SECONDS)
        self._api.close()

    def _await_init(self) -> Answer | None:
        """None once the environment asks for an event; otherwise what kept it from it."""
        deadline = time.monotonic() + INIT_SECONDS
        while not self._api.ready.wait(_POLL_SECONDS):
            failure = self._api.answer(timeout=0.001)
            if failure is None and self._ended.is_set():
                failure = self._exited()
            if failure is None and time.monotonic() > deadline:
                failure = _error("Sandbox.Timedout", f"Init timed out after {INIT_SECONDS} seconds")
            if failure is not None:
                self.usable = False
                return failure
        return None

    def _await_answer(self, request_id: str, limit: float) -> Answer:
        deadline = time.monotonic() + limit
        while (left := deadline - time.monotonic()) > 0:
            answer = self._api.answer(min(left, _POLL_SECONDS))
            if answer is not None:
                return answer
            if self._ended.is_set():
                self.usable = False
                return self._api.answer(timeout=0.001) or self._exited()
        self.usable = False
        return _error(
            "Sandbox.Timedout",
            f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds",
        )

    def _exited(self) -> Answer:
        return _error(
            "Runtime.ExitError", f"Error: Runtime exited with error: exit status {self._exit_code}"
        )

    def _follow(self) -> None:
        for line in self._process.lines():
            self._heard(line)
            self._stream.add(line)
            with self._lock:
                self._lines.append(line)
        self._exit_code = self._process.wait()
        self._ended.set()

    def _take_lines(self) -> tuple[str, ...]:
        """The output since the last invocation, after giving the last lines time to arrive."""
        if self.usable:
            self._api.ready.wait(_LAST_LINES_SECONDS)
            time.sleep(_POLL_SECONDS)
        with self._lock:
            lines, self._lines = tuple(self._lines), []
        return lines


class _Stream:
    """An environment's log stream, with Lambda's own lines about invocations.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
    """

    def __init__(self, function: Function, log: Log) -> None:
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid4().hex}"
        self._function = function
        self._log = log

    def begin(self, request_id: str) -> None:
        self.add(f"START RequestId: {request_id} Version: $LATEST")

    def add(self, *lines: str) -> None:
        self._log(self._function.log_group, self.name, lines)

    def end(self, request_id: str, seconds: float) -> None:
        spent = f"{round(seconds * 1000)} ms"
        self.add(
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {spent}\tBilled Duration: {spent}\t"
            f"Memory Size: {self._function.memory_mib} MB",
        )


def failure(function: Function, request_id: str, error: StartError, log: Log) -> Result:
    """The result of an invocation whose environment could not be started."""
    stream = _Stream(function, log)
    stream.begin(request_id)
    stream.add(str(error))
    stream.end(request_id, 0.0)
    answer = _error("Runtime.InvalidEntrypoint", f"{function.name}: {error}")
    return Result(answer.payload, True, (str(error),), 0.0)


def _error(kind: str, message: str) -> Answer:
    return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)
