"""Run one program to its end: output passed on line by line, the whole group stopped in time."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from scar_runtime.passage import Passage
from scar_runtime.reaper import Reaper

CHUNK = 64 * 1024
KEPT_END = 2 * 1024 * 1024
"""Of a long output, so much is kept of the beginning, and so much of the end: with base64's
third more, both fit into the 6 MB of a Lambda function's answer."""
TICK_SECONDS = 0.2
LINGER_SECONDS = 2.0
"""How long programs that the script left behind may go on writing."""
NOT_EXECUTABLE, NOT_FOUND, SIGNALLED = 126, 127, 128


class Kept:
    """The beginning and the end of an output of any length."""

    def __init__(self, limit: int = KEPT_END) -> None:
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, data: bytes | bytearray | memoryview) -> None:
        room = self._limit - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._limit:
            self._trim()

    def _trim(self) -> None:
        surplus = len(self._tail) - self._limit
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus

    def content(self) -> bytes:
        """All of it, or the two ends with a note of how much is missing between."""
        self._trim()
        note = b""
        if self._dropped:
            note = b"\n[... %d bytes of output left out ...]\n" % self._dropped
        return bytes(self._head) + note + bytes(self._tail)

    def last(self, size: int) -> str:
        """The last `size` bytes as text, beginning with a whole line where there is one."""
        data = bytes(self._tail or self._head)
        if len(data) > size:
            data = data[-size:]
            data = data.partition(b"\n")[2] or data
        return data.decode("utf-8", "replace").strip()


@dataclass(frozen=True)
class Finished:
    """How a program ended; `out_of_time` and `terminated` say that it was stopped, and why."""

    exit_code: int
    reason: str
    output: Kept
    out_of_time: bool = False
    terminated: bool = False


class Terminator:
    """Passes SIGTERM on to the program that runs; a Batch job has 30 seconds to end after it."""

    def __init__(self) -> None:
        self.requested = False
        self._holds = False

    def install(self, *more: signal.Signals) -> None:
        """Take SIGTERM over, and `more` unless somebody has them ignored."""
        signal.signal(signal.SIGTERM, self._on_signal)
        for number in more:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def install_interrupt(self) -> None:
        """Take Ctrl-C over, for a person at a terminal."""
        signal.signal(signal.SIGINT, self._on_interrupt)

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Let an interruption wait until the program has ended, to which it is passed on: at any
        moment of its start it would leave it running. The second does not wait."""
        self._holds = True
        try:
            yield
        finally:
            interrupted, self._holds = not self._holds, False
        if interrupted:
            raise KeyboardInterrupt

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._holds:
            raise KeyboardInterrupt
        self._holds, self.requested = False, True

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True


def run(
    command: Sequence[str],
    *,
    folder: Path | None,
    environment: Mapping[str, str],
    stop_at: float | None,
    grace: float,
    terminator: Terminator,
    reaper: Reaper,
    sink: int = 1,
    source: Path | None = None,
    title: str = "the script",
) -> Finished:
    """Run `command` in `folder` (None: where this process is), its output and errors going to the
    descriptor `sink`, its standard input being the file `source`, or empty. `title` is what
    messages call it.

    At `stop_at` (by `time.monotonic`), or when asked to end, the program's whole process group
    gets SIGTERM, and SIGKILL after `grace` seconds. A program that cannot be started counts as
    one that ended with the code a shell would give.
    """
    kept = Kept()
    with terminator.holding():
        try:
            child = _start(command, folder, environment, source)
        except FileNotFoundError:
            return Finished(NOT_FOUND, f"the image has no {command[0]}", kept)
        except OSError as error:
            return Finished(NOT_EXECUTABLE, f"cannot run {command[0]}: {error.strerror}", kept)
        if child.stdout is None:
            raise AssertionError("the output is a pipe")
        watch = _Watch(child, child.stdout, title, kept, sink, stop_at, grace, terminator, reaper)
        return watch.until_end()


def _start(
    command: Sequence[str],
    folder: Path | None,
    environment: Mapping[str, str],
    source: Path | None,
) -> subprocess.Popen[bytes]:
    with _standard_input(source) as standard_input:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=standard_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )


@contextlib.contextmanager
def _standard_input(source: Path | None) -> Iterator[int | IO[bytes]]:
    if source is None:
        yield subprocess.DEVNULL
        return
    with source.open("rb") as file:
        yield file


class _Watch:
    """One running child, its output, and the clock."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        pipe: IO[bytes],
        title: str,
        kept: Kept,
        sink: int,
        stop_at: float | None,
        grace: float,
        terminator: Terminator,
        reaper: Reaper,
    ) -> None:
        self._child = child
        self._pipe = pipe
        self._title = title
        self._kept = kept
        self._passage = Passage(sink)
        self._stop_at = stop_at
        self._grace = grace
        self._terminator = terminator
        self._reaper = reaper
        self._kill_at: float | None = None
        self._out_of_time = False

    def until_end(self) -> Finished:
        pipe = self._pipe.fileno()
        os.set_blocking(pipe, False)
        try:
            with self._pipe, selectors.DefaultSelector() as selector:
                selector.register(pipe, selectors.EVENT_READ)
                self._pump(selector, pipe)
            self._passage.end()
            code = self._wait()
        except BaseException:
            self._signal(signal.SIGKILL)
            self._wait()
            raise
        finally:
            # Nothing of the script outlives it, nor a fault of ours in the middle of it: in Lambda
            # it would be frozen, and thaw during the next event.
            self._signal(signal.SIGKILL)
            self._reaper.end_all()
        return self._finished(code)

    def _pump(self, selector: selectors.BaseSelector, pipe: int) -> None:
        """Pass the output on until it ends, or until only programs left behind hold it open."""
        linger_until = None
        while True:
            if selector.select(TICK_SECONDS) and not self._read(pipe):
                return
            now = time.monotonic()
            self._stop_if_due(now)
            if self._poll() is not None:
                linger_until = linger_until or now + LINGER_SECONDS
                if now > linger_until:
                    return

    def _read(self, pipe: int) -> bool:
        """Pass on what there is. False at the end."""
        try:
            data = os.read(pipe, CHUNK)
        except BlockingIOError:
            return True
        self._kept.add(data)
        self._passage.add(data)
        return bool(data)

    def _stop_if_due(self, now: float) -> None:
        if self._kill_at is not None:
            if now >= self._kill_at:
                self._signal(signal.SIGKILL)
        elif self._terminator.requested or (self._stop_at is not None and now >= self._stop_at):
            self._out_of_time = not self._terminator.requested
            self._kill_at = now + self._grace
            self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def _poll(self) -> int | None:
        """The child's code once it has ended. Who gets the orphans also has to take leave of those
        that end meanwhile."""
        if not self._reaper.adopts:
            return self._child.poll()
        with contextlib.suppress(ChildProcessError):
            while self._child.returncode is None:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self._child.pid:
                    self._child.returncode = os.waitstatus_to_exitcode(status)
        return self._child.returncode

    def _wait(self) -> int:
        """The child has closed its output: mostly because it ends, but it may go on in silence."""
        pause = 0.0005
        while (code := self._poll()) is None:
            self._stop_if_due(time.monotonic())
            time.sleep(pause)
            pause = min(2 * pause, TICK_SECONDS)
        return code

    def _finished(self, code: int) -> Finished:
        if code < 0:
            exit_code = SIGNALLED - code
            reason = f"{self._title} was ended by signal {-code} ({signal.strsignal(-code)})"
        else:
            exit_code, reason = code, f"{self._title} exited with code {code}"
        return Finished(
            exit_code,
            reason,
            self._kept,
            out_of_time=self._out_of_time,
            terminated=self._terminator.requested,
        )
