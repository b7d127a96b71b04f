"""What a command costs before it does anything, against importing the library of commands."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

from benchmarks.results import record
from benchmarks.runtime_peers import ROOT

METER = """
import atexit, resource, runpy, sys

def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, file=sys.stderr)

atexit.register(tell)
sys.argv = sys.argv[1:]
if sys.argv:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    import click
    click.Group
"""
RUNS = 11


def used(*words: str) -> float:
    """Processor seconds of a command, or of the import alone."""
    # An installed package has its bytecode, whatever is set here.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    module = ("scar_constructs",) if words else ()
    done = subprocess.run(
        [sys.executable, "-c", METER, *module, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stderr.splitlines()[-1])


@pytest.mark.parametrize(("words", "target"), [(("--version",), 1.2), (("ls", "--help"), 1.3)])
def test_the_start_of_a_command(words: tuple[str, ...], target: float) -> None:
    """Both in turns; the first round only warms the disk's cache."""
    rounds = [(used(*words), used()) for _ in range(RUNS + 1)]
    ours, imports = (statistics.median(some) for some in zip(*rounds[1:], strict=True))
    measure = f"`scar {' '.join(words)}`, processor time"
    record(measure, f"{ours:.3f} s", f"import {imports:.3f} s", ours / imports, target, "x")
