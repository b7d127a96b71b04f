"""Nothing of one script lives into the next, and nobody is left a zombie."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scar_runtime.reaper import Reaper

from tests.support.waiting import HANG_SECONDS

RUNTIME = Path(__file__).parents[2] / "runtime"
RUNS = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from scar_runtime.process import Terminator, run
from scar_runtime.reaper import Reaper
reaper = Reaper()
if sys.argv[2] == "adopts":
    reaper.adopt()
for script in sys.argv[3:]:
    stop_at = time.monotonic() + 60
    done = run(["/bin/sh", "-c", script], folder=Path("/"), environment=os.environ,
               stop_at=stop_at, grace=1, terminator=Terminator(), reaper=reaper)
    print("code", done.exit_code, "stopped" if done.out_of_time else "ended", flush=True)
"""
"""A process that runs one script after the other."""
ESCAPED = 'setsid sh -c "{hidden} sleep 98.{mark} & {hidden} exec sleep 99.{mark}" {hidden} &'
"""A script whose programs leave its process group; `hidden` keeps their output from it."""
SILENT = "</dev/null >/dev/null 2>&1"
ZOMBIES = """
for number in 1 2 3 4 5 6 7 8 9; do (setsid sleep 0.1 &) ; done
sleep 1
while cat /proc/[0-9]*/stat 2>/dev/null | grep ") Z $PPID " >&2; do sleep 0.1; done
echo none
"""


def runs(mode: str, *scripts: str) -> list[str]:
    command = [sys.executable, "-c", RUNS, str(RUNTIME), mode, *scripts]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def mark() -> Iterator[str]:
    """Tells the processes of one test from all others; what is left of them is ended."""
    own = f"{os.getpid()}{time.monotonic_ns() % 10_000}"
    yield own
    subprocess.run(["pkill", "-f", rf"sleep 9[89]\.{own}"])


@pytest.mark.parametrize("hidden", [SILENT, ""], ids=["silent", "holding the output"])
def test_what_left_the_group_ends_with_the_script(mark: str, hidden: str) -> None:
    escaping = ESCAPED.format(mark=mark, hidden=hidden) + " sleep 0.3; echo first"
    looking = rf"ps -e -o args= | grep -c '^sleep 9[89]\.{mark}'; true"
    said = runs("adopts", escaping, looking)
    assert said[0] == "first"
    assert said[2] == "0", said
    assert said[1] == "code 0 ended"


def test_where_the_kernel_refuses_the_script_still_runs(mark: str) -> None:
    escaping = ESCAPED.format(mark=mark, hidden=SILENT) + " sleep 0.3; echo first"
    said = runs("refused", escaping, "echo second; exit 3")
    assert said[0] == "first"
    assert said[2] == "second"
    assert said[3].startswith("code 3 ")


def test_a_script_s_code_is_its_own_among_many_orphans() -> None:
    orphans = "for n in 1 2 3 4 5 6 7 8 9; do (setsid sh -c 'exit 9' &); done; sleep 0.3; exit 4"
    assert [line.split()[1] for line in runs("adopts", orphans, orphans)] == ["4", "4"]


def test_nobody_is_left_a_zombie() -> None:
    assert runs("adopts", ZOMBIES)[0] == "none"


def test_a_reaper_that_did_not_adopt_ends_nobody() -> None:
    """As in a process that has children of its own, such as that of these tests."""
    with subprocess.Popen(["sleep", "60"]) as child:
        Reaper().end_all()
        assert child.poll() is None
        child.kill()


def test_the_runtime_itself_adopts(mark: str, tmp_path: Path) -> None:
    """By hand, with two events in one: the second looks for what the first left behind."""
    script = f"""
    if [ -e {tmp_path}/first ]; then ps -e -o args= | grep '^sleep 9[89]\\.{mark}'; echo looked
    else touch {tmp_path}/first; {ESCAPED.format(mark=mark, hidden=SILENT)} sleep 0.3; fi
    """
    config = {
        **{"version": 1, "name": "f", "execution_mode": "batch", "log_level": "INFO"},
        **{"timeout_threshold": 1, "environment": {}, "input": [], "output": []},
        "script": {"name": "run.sh", "content": script},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    message = {"eventSource": "aws:sqs", "body": json.dumps({"any": "payload"})}
    done = subprocess.run(
        [sys.executable, "-m", "scar_runtime"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(RUNTIME),
            "SCAR_FUNCTION_CONFIG": str(tmp_path / "config.json"),
        },
        input=json.dumps({"Records": [message, message]}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "looked\n"
