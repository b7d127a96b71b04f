"""Running a program: its output, its end, and its being stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.process import Finished, Kept, Terminator, run
from scar_runtime.reaper import Reaper

from tests.support.waiting import HANG_SECONDS

OURS = f"00.{os.getpid()}"
"""Ends the seconds of a sleep that is to be found among all processes of this machine: several
minutes, which no test waits for."""
PATH = {"PATH": os.environ["PATH"]}


def shell(
    script: str,
    folder: Path,
    *,
    seconds: float | None = None,
    grace: float = HANG_SECONDS,
    terminator: Terminator | None = None,
    sink: int = 1,
) -> Finished:
    return run(
        ["/bin/sh", "-c", script],
        folder=folder,
        environment=PATH,
        stop_at=None if seconds is None else time.monotonic() + seconds,
        grace=grace,
        terminator=terminator or Terminator(),
        reaper=Reaper(),
        sink=sink,
    )


def test_output_and_errors_are_kept_and_passed_on_in_order(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = shell("echo one; echo two >&2; printf three", tmp_path)
    assert (done.exit_code, done.output.content()) == (0, b"one\ntwo\nthree")
    assert capfd.readouterr().out == "one\ntwo\nthree\n"


@contextmanager
def heard(act: Callable[[bytes], object]) -> Iterator[int]:
    """A sink for output; `act` gets each piece as it comes."""
    reading, writing = os.pipe()

    def read() -> None:
        while data := os.read(reading, 1000):
            act(data)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield writing
    finally:
        os.close(writing)
        reader.join()
        os.close(reading)


def test_lines_come_as_they_are_written(tmp_path: Path) -> None:
    """The script goes on only after its first line was heard."""
    arrivals: list[bytes] = []

    def act(data: bytes) -> None:
        arrivals.append(data)
        (tmp_path / "heard").touch()

    with heard(act) as sink:
        waiting = "echo one; until [ -e heard ]; do sleep 0.1; done; echo two"
        done = shell(waiting, tmp_path, sink=sink, seconds=HANG_SECONDS)
    assert not done.out_of_time
    assert arrivals == [b"one\n", b"two\n"]


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("exit 7", 7, "the script exited with code 7"),
        ("kill -9 $$", 137, r"the script was ended by signal 9 \(Killed\)"),
        ("kill -40 $$", 168, "the script was ended by signal 40"),
    ],
    ids=["code", "signal", "nameless signal"],
)
def test_the_end_is_told_as_a_shell_tells_it(
    tmp_path: Path, script: str, code: int, reason: str
) -> None:
    done = shell(script, tmp_path)
    assert done.exit_code == code
    assert re.match(reason, done.reason)


def test_a_missing_program_is_code_127(tmp_path: Path) -> None:
    done = run(
        ["/no/such/sh"],
        folder=tmp_path,
        environment={},
        stop_at=None,
        grace=1,
        terminator=Terminator(),
        reaper=Reaper(),
    )
    assert (done.exit_code, done.reason) == (127, "the image has no /no/such/sh")


def test_a_program_that_may_not_run_is_code_126(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    done = run(
        [str(plain)],
        folder=tmp_path,
        environment={},
        stop_at=None,
        grace=1,
        terminator=Terminator(),
        reaper=Reaper(),
    )
    assert (done.exit_code, done.reason) == (126, f"cannot run {plain}: Permission denied")


def test_out_of_time_stops_the_whole_group(tmp_path: Path) -> None:
    script = f"(sleep 6{OURS}; echo never) & sleep 7{OURS}; echo never"
    done = shell(script, tmp_path, seconds=0.3)
    assert done.out_of_time
    assert done.output.content() == b""
    assert not running(f"sleep [67]{OURS}")


def asked_to_end_when_ready(script: str, folder: Path, **options: Any) -> Finished:
    """Run a script that is asked to end once it has written something."""
    terminator = Terminator()

    def act(data: bytes) -> None:
        del data
        terminator.requested = True

    with heard(act) as sink:
        return shell(script, folder, terminator=terminator, sink=sink, **options)


def test_who_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    ignoring = f"trap '' TERM; echo ready; sleep 5{OURS}; echo never"
    done = asked_to_end_when_ready(ignoring, tmp_path, grace=0.5)
    assert (done.terminated, done.exit_code) == (True, 137)
    assert done.output.content() == b"ready\n"


def test_a_request_to_end_is_passed_on(tmp_path: Path) -> None:
    saving = f"trap 'echo saved; exit 0' TERM; echo ready; sleep 5{OURS} & wait"
    done = asked_to_end_when_ready(saving, tmp_path)
    assert (done.terminated, done.out_of_time) == (True, False)
    assert done.output.content() == b"ready\nsaved\n"


def test_what_stays_behind_keeps_nobody_waiting(tmp_path: Path) -> None:
    done = shell(f"(sleep 8{OURS}; echo late) & echo done", tmp_path)
    assert (done.exit_code, done.output.content()) == (0, b"done\n")
    assert not running(f"sleep 8{OURS}")


def test_a_writer_a_little_behind_is_still_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scar_runtime.process.LINGER_SECONDS", HANG_SECONDS)
    done = shell("(while kill -0 $$; do sleep 0.1; done; echo late) 2>&- & echo early", tmp_path)
    assert done.output.content() == b"early\nlate\n"


def test_a_program_may_close_its_output_and_go_on(tmp_path: Path) -> None:
    done = shell("exec >&- 2>&-; sleep 0.5; exit 5", tmp_path)
    assert done.exit_code == 5


@pytest.mark.parametrize("size", [1, 2**16, 2**17, 100_000])
def test_what_is_logged_next_begins_a_line(tmp_path: Path, size: int) -> None:
    """Also after a very long line, which is passed on in pieces, without an end."""
    sink = tmp_path / "sink"
    with sink.open("wb") as file:
        shell(f"tr '\\0' x </dev/zero | head -c {size}", tmp_path, sink=file.fileno())
    assert sink.read_bytes() == b"x" * size + b"\n"


def test_a_script_ends_with_the_fault_that_stops_its_output(tmp_path: Path) -> None:
    """Such as a log that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        shell(f"while echo x; do :; done; sleep 600{OURS}", tmp_path, sink=writing)
    os.close(writing)
    assert not running(f"sleep 600{OURS}")


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert shell("cat; echo end", tmp_path).output.content() == b"end\n"


def running(pattern: str) -> bool:
    return subprocess.run(["pgrep", "-f", pattern], capture_output=True).returncode == 0


def test_a_long_output_is_kept_at_both_ends() -> None:
    kept = Kept(limit=10)
    for number in range(100):
        kept.add(b"%03d " % number)
    assert kept.content() == (b"000 001 00\n[... 380 bytes of output left out ...]\n7 098 099 ")


def test_the_last_output_begins_with_a_whole_line() -> None:
    kept = Kept()
    kept.add(b"first line\nsecond line\nthird\n")
    assert kept.last(20) == "second line\nthird"
    assert kept.last(100) == "first line\nsecond line\nthird"


MEASURED = """
import os, re, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from scar_runtime.process import Terminator, run
from scar_runtime.reaper import Reaper
sink = os.open(os.devnull, os.O_WRONLY)
done = run(["/bin/sh", "-c", sys.argv[2]], folder=Path("/"), environment=os.environ, stop_at=None,
           grace=1, terminator=Terminator(), reaper=Reaper(), sink=sink)
# Not ru_maxrss: that one counts what the process was before it began this program.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(done.exit_code, len(done.output.content()), peak)
"""


@pytest.mark.parametrize("stream", ["yes", "tr '\\0' x </dev/zero"], ids=["lines", "one line"])
def test_memory_is_bounded_however_much_is_written(stream: str) -> None:
    """Thirty times as much output takes hardly more memory: what is kept of it is full by then."""
    kept, peak = peak_mib(f"{stream} | head -c 10000000")
    kept_of_much, peak_of_much = peak_mib(f"{stream} | head -c 300000000")
    assert kept_of_much < 5_000_000
    assert abs(kept_of_much - kept) < 100
    assert peak_of_much < peak + 15


def peak_mib(script: str) -> tuple[int, int]:
    """How much is kept of the script's output, and the memory of the process that runs it."""
    runtime = Path(__file__).parents[2] / "runtime"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(runtime), script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    code, kept, peak_kib = (int(word) for word in done.stdout.split())
    assert code == 0
    return kept, peak_kib // 1024


def test_an_interruption_while_a_program_is_being_started_does_not_leave_it_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes at the worst moment: the program is there, and nobody watches it yet."""
    children: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def interrupted(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        children.append(start(*args, **kwargs))
        os.kill(os.getpid(), signal.SIGINT)
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    terminator, before = Terminator(), signal.getsignal(signal.SIGINT)
    terminator.install_interrupt()
    try:
        with pytest.raises(KeyboardInterrupt):
            shell("sleep 600", tmp_path, terminator=terminator)
    finally:
        signal.signal(signal.SIGINT, before)
    (child,) = children
    assert child.poll() is not None
