"""What an engine is asked to run, and what it answers: the same for containers and host processes.

A program's standard output and error come as one stream of lines.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

ECR_HOST = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")
"""The part of an image's name that says that it is in Amazon ECR."""

_KEEPER = Path(__file__).resolve().parent / "keeper.py"
_KEEPER_SECONDS = 30.0
"""How long a keeper may take to end a program that is to end at once."""


Log = Callable[[str, str, Sequence[str]], None]
"""What programs print goes there: (log group, stream, lines)."""


class StartError(Exception):
    """A program could not be started; the text is the reason as ECS words it."""


@dataclass(frozen=True)
class Program:
    """An image with what the platform adds to it.

    `name` is unique among the programs of this cloud. `entrypoint` and `command` replace the
    image's own where they are given. `locked_down` asks for Lambda's conditions: a read-only root,
    a /tmp of `tmp_mib`, no /dev/shm, no capabilities and Lambda's own user. An item of `ulimits` is
    written `name=soft:hard`.
    """

    name: str
    image: str
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    memory_mib: int | None = None
    locked_down: bool = False
    tmp_mib: int = 512
    user: str | None = None
    working_directory: str | None = None
    read_only: bool = False
    privileged: bool = False
    volumes: tuple[str, ...] = field(default=())
    shared_memory_mib: int | None = None
    ulimits: tuple[str, ...] = ()


class Running(Protocol):
    """A started program."""

    def lines(self) -> Iterator[str]:
        """Its output, line by line, until it ends."""

    def wait(self) -> int:
        """Its exit code, once it has ended (128 + signal for a program ended by a signal)."""

    def stop(self, grace_seconds: float) -> None:
        """Ask it to end, and after the grace make it end."""


class Engine(Protocol):
    """Something that runs programs."""

    def start(self, program: Program) -> Running:
        """Start it. Raises `StartError`."""

    def volume(self, name: str) -> AbstractContextManager[str]:
        """An empty volume for programs to share, removed at the end of the block. Gives what a
        mount names it by. Raises `StartError`."""

    def close(self) -> None:
        """End everything that was started here."""


class HostProcess:
    """A running process in a process group of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def lines(self) -> Iterator[str]:
        stream = self._process.stdout
        if stream is None:
            raise ValueError("a host process is started with its output in a pipe")
        with stream:
            for raw in stream:
                yield raw.decode("utf-8", "replace").rstrip("\r\n")

    def wait(self) -> int:
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def stop(self, grace_seconds: float) -> None:
        if grace_seconds > 0:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                pass
            else:
                return
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return


def spawn(
    command: list[str], environment: Mapping[str, str], directory: Path | None = None
) -> HostProcess:
    """Start a host process whose output is read through `HostProcess.lines`."""
    process = subprocess.Popen(
        command,
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return HostProcess(process)


class KeptProcess(HostProcess):
    """A program that runs under a keeper (`keeper.py`), and ends with all that it started."""

    def stop(self, grace_seconds: float) -> None:
        if grace_seconds > 0 and self._ends(signal.SIGTERM, grace_seconds):
            return
        if not self._ends(signal.SIGHUP, _KEEPER_SECONDS):
            self._signal(signal.SIGKILL)

    def wait(self) -> int:
        code = super().wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code

    def _ends(self, number: signal.Signals, seconds: float) -> bool:
        self._signal(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def spawn_kept(command: list[str], environment: Mapping[str, str], directory: Path) -> KeptProcess:
    """Start a host process of which nothing outlives this one, however this one ends."""
    process = subprocess.Popen(
        [sys.executable, "-IS", str(_KEEPER), *command],
        env=dict(environment),
        cwd=directory,
        # The keeper waits for its end.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return KeptProcess(process)
