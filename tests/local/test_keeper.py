"""Nothing that runs on this machine outlives whoever asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest

from scar_constructs.emulator.engine import KeptProcess, spawn_kept
from tests.support.waiting import HANG_SECONDS, eventually

ROOT = Path(__file__).parent.parent.parent
LEAVING = "echo $$; sleep 600 & echo $!; setsid sleep 600 & echo $!; echo ready"
"""A shell that starts a program, and one that leaves its session; prints the ids of all."""
PARENT = """
import sys
from pathlib import Path
from scar_constructs.emulator.engine import spawn_kept
process = spawn_kept(sys.argv[1:], {"PATH": "/usr/bin:/bin"}, Path("/"))
for line in process.lines():
    print(line, flush=True)
"""
WORKING = """
import sys, time
from scar_runtime.workspace import workspace
with workspace(sys.argv[1]):
    print("ready", flush=True)
    time.sleep(600)
"""


def started(command: list[str], **variables: str) -> KeptProcess:
    return spawn_kept(command, {"PATH": os.environ["PATH"], **variables}, Path("/"))


def until_ready(lines: Iterable[str]) -> set[int]:
    """The ids that are printed before the word."""
    found: set[int] = set()
    for line in lines:
        if line.strip() == "ready":
            return found
        found.add(int(line))
    raise AssertionError("it ended before it was ready")


def left(processes: set[int]) -> list[int]:
    return [number for number in processes if Path(f"/proc/{number}").exists()]


def test_output_and_exit_code_are_the_program_s() -> None:
    process = started(["/bin/sh", "-c", "echo one; echo two >&2; exit 7"])
    assert list(process.lines()) == ["one", "two"]
    assert process.wait() == 7
    killed = started(["/bin/sh", "-c", "kill -9 $$"])
    assert (list(killed.lines()), killed.wait()) == ([], 137)


def test_a_program_may_take_its_time_to_end() -> None:
    waiting = "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    process = started(["/bin/sh", "-c", waiting])
    lines = process.lines()
    until_ready(lines)
    process.stop(HANG_SECONDS)
    assert (list(lines), process.wait()) == (["told"], 3)


@pytest.mark.parametrize("grace", [0, 0.1], ids=["at once", "after its time"])
def test_what_is_stopped_takes_along_all_that_it_started(grace: float) -> None:
    process = started(["/bin/sh", "-c", f"trap '' TERM; {LEAVING}; wait"])
    lines = process.lines()
    processes = until_ready(lines)
    assert len(left(processes)) == 3
    process.stop(grace)
    process.wait()
    assert left(processes) == []


def test_what_a_program_leaves_behind_ends_with_it() -> None:
    process = started(["/bin/sh", "-c", LEAVING])
    lines = process.lines()
    processes = until_ready(lines)
    assert process.wait() == 0
    assert left(processes) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_parent_that_is_killed_takes_all_along(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT, "/bin/sh", "-c", f"{LEAVING}; wait"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        processes = until_ready(parent.stdout)
        assert len(left(processes)) == 3
        parent.send_signal(number)
    eventually(lambda: not left(processes))


def test_a_work_folder_that_a_killed_program_left_is_removed() -> None:
    name = f"keeper-{uuid.uuid4()}"
    folder = Path("/tmp") / name
    process = started([sys.executable, "-c", WORKING, name], PYTHONPATH=str(ROOT / "runtime"))
    lines = process.lines()
    until_ready(lines)
    assert folder.is_dir()
    process.stop(0)
    process.wait()
    assert not folder.exists()
