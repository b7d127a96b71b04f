"""What a run of our command uses, against a program that only imports a library."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from benchmarks.runtime_peers import ROOT

_METER = """
import atexit, re, resource, runpy, sys
from pathlib import Path

def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    print("used", used.ru_utime + used.ru_stime, peak[1], file=sys.stderr)

atexit.register(tell)
imports, *sys.argv = sys.argv[1:]
if sys.argv:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    exec(imports)
"""
"""Not ru_maxrss: that one begins with what the process was before it began this program."""
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""An installed package has its bytecode, whatever is set here."""


def used(imports: str, *words: str) -> tuple[float, float]:
    """Processor time in seconds and peak memory in MiB of `scar WORDS`; without words, of the
    import statements."""
    module = ("scar_constructs",) if words else ()
    done = subprocess.run(
        [sys.executable, "-c", _METER, imports, *module, *words],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"^used (\S+) (\d+)$", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return float(found[1]), int(found[2]) / 1024
