"""Running a program: its output, its end, and its being stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from scar_runtime.process import Finished, Kept, Terminator, run
from scar_runtime.reaper import Reaper

OURS = f"9.{os.getpid()}"
"""Ends the seconds of a sleep that is to be found among all processes of this machine."""
PATH = {"PATH": os.environ["PATH"]}


def shell(
    script: str,
    folder: Path,
    *,
    seconds: float | None = None,
    grace: float = 5,
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


def test_lines_come_as_they_are_written(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    arrivals: list[tuple[float, bytes]] = []

    def read() -> None:
        while data := os.read(reading, 1000):
            arrivals.append((time.monotonic(), data))

    reader = threading.Thread(target=read)
    reader.start()
    shell("echo one; sleep 0.5; echo two", tmp_path, sink=writing)
    os.close(writing)
    reader.join()
    os.close(reading)
    assert [data for _, data in arrivals] == [b"one\n", b"two\n"]
    assert arrivals[1][0] - arrivals[0][0] > 0.4


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


@pytest.mark.alone
def test_out_of_time_stops_the_whole_group(tmp_path: Path) -> None:
    begin = time.monotonic()
    done = shell(f"sleep 6{OURS} & sleep 7{OURS}; echo never", tmp_path, seconds=0.3)
    assert done.out_of_time
    assert done.output.content() == b""
    assert time.monotonic() - begin < 2
    assert not running(f"sleep [67]{OURS}")


@pytest.mark.alone
def test_who_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    begin = time.monotonic()
    done = shell("trap '' TERM; while :; do sleep 0.1; done", tmp_path, seconds=0.2, grace=0.5)
    assert done.out_of_time
    assert 0.6 < time.monotonic() - begin < 3


def test_a_request_to_end_is_passed_on(tmp_path: Path) -> None:
    terminator = Terminator()
    threading.Timer(0.3, lambda: setattr(terminator, "requested", True)).start()
    done = shell("trap 'echo saved; exit 0' TERM; sleep 60 & wait", tmp_path, terminator=terminator)
    assert done.terminated
    assert not done.out_of_time
    assert done.output.content() == b"saved\n"


@pytest.mark.alone
def test_what_stays_behind_keeps_nobody_waiting(tmp_path: Path) -> None:
    begin = time.monotonic()
    done = shell(f"sleep 8{OURS} & echo done", tmp_path)
    assert (done.exit_code, done.output.content()) == (0, b"done\n")
    assert time.monotonic() - begin < 4
    assert not running(f"sleep 8{OURS}")


def test_a_writer_a_little_behind_is_still_heard(tmp_path: Path) -> None:
    done = shell("(sleep 0.5; echo late) & echo early", tmp_path)
    assert done.output.content() == b"early\nlate\n"


def test_a_program_may_close_its_output_and_go_on(tmp_path: Path) -> None:
    done = shell("exec >&- 2>&-; sleep 0.5; exit 5", tmp_path)
    assert done.exit_code == 5


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
    runtime = Path(__file__).parents[2] / "runtime"
    script = f"{stream} | head -c 300000000"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(runtime), script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    code, kept, peak_kib = (int(word) for word in done.stdout.split())
    assert code == 0
    assert kept < 5_000_000
    assert peak_kib < 60_000
