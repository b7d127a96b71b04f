"""A Batch job as the first process of its container: signals, children, what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.images.containers import Image, script
from tests.runtime.cloud import Bucket
from tests.runtime.functions import executions
from tests.support.waiting import HANG_SECONDS, eventually

pytestmark = pytest.mark.container
Derived = Callable[[str], Image]

STEPS_BACK = """
trap 'echo saved; exit 0' TERM
echo ready
while :; do sleep 0.1; done
"""
ORPHANS = """
for number in 1 2 3 4 5; do (sleep 0.1 & ) ; done
sleep 1
zombies=1
while [ "$zombies" != 0 ]; do
    zombies=0
    for stat in /proc/[0-9]*/stat; do
        read -r _ _ state _ <"$stat" 2>&- || continue
        [ "$state" = Z ] && zombies=$((zombies + 1))
    done
    sleep 0.1
done
echo "all gone"
"""

LEAVING = """
sleep 300 &
setsid sh -c 'sleep 301 & exec sleep 302' </dev/null >/dev/null 2>&1 &
echo x >$SCAR_OUTPUT_DIR/x
echo y >$SCAR_INPUT_DIR/y
sleep 0.3
"""
"""Leaves processes behind, in the script's group and out of it, and files."""


@pytest.fixture
def image(derived: Derived) -> Image:
    return derived("busybox")


def test_a_job_asked_to_end_asks_its_script(image: Image, spool: Bucket) -> None:
    job = image.job(script(STEPS_BACK + "echo x >$SCAR_OUTPUT_DIR/x"), spool)
    with job.running() as container:
        eventually(lambda: "ready" in image.engine.logs(container))
        image.engine.must("stop", f"--time={HANG_SECONDS:.0f}", container, timeout=2 * HANG_SECONDS)
        log = image.engine.logs(container)
        code = image.engine.must("inspect", "--format={{.State.ExitCode}}", container).strip()
    assert "saved" in log
    assert code == "143"
    [line] = executions(log)
    assert (line["status"], line["outputs"]) == ("failed", [])


def test_orphans_of_a_script_are_taken_leave_of(image: Image, spool: Bucket) -> None:
    done = image.job(script(ORPHANS), spool).run()
    assert "all gone" in done.stdout.splitlines(), done.stdout


def test_a_script_and_an_answer_of_megabytes_pass(image: Image) -> None:
    """Lambda takes and gives 6 MB at most; the emulator holds answers to that, too."""
    filler = f"# {'x' * 97}\n" * 44_000
    with image.function() as function:
        said = function.run(filler + "echo $#; seq 1000000; echo last", "a", "b")
    assert said.startswith("2\n1\n2\n")
    assert said.endswith("1000000\nlast\n")
    assert "bytes of output left out ...]" in said


def test_nothing_is_left_in_a_function_s_disk_or_processes(image: Image) -> None:
    with image.function() as function:
        function.run(LEAVING)
        seen = function.run('ls /tmp; for f in /proc/[0-9]*/cmdline; do cat "$f"; echo; done')
    assert "sleep" not in seen
    assert len([line for line in seen.splitlines() if len(line) == 36]) == 1
