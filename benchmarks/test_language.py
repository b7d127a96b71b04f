"""What a check of YAML files costs, against importing the libraries that it cannot do without."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.results import record
from benchmarks.runtime_peers import ROOT

METER = """
import atexit, re, resource, runpy, sys
from pathlib import Path

def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    print("used", used.ru_utime + used.ru_stime, peak[1], file=sys.stderr)

atexit.register(tell)
sys.argv = sys.argv[1:]
if sys.argv:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    import pydantic, yaml
    pydantic.BaseModel
"""
"""Runs a module, or only imports the libraries. Not ru_maxrss: that one begins with what the
process was before it began this program."""
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""An installed package has its bytecode, whatever is set here."""
RUNS = 7
FUNCTIONS = 1_000


@dataclass(frozen=True)
class Used:
    """Processor time in seconds and peak memory in MiB: of the check, and of the imports."""

    ours: tuple[float, float]
    imports: tuple[float, float]


def used(*module: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", METER, *module],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"^used (\S+) (\d+)$", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return float(found[1]), int(found[2]) / 1024


def medians(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    seconds, mib = zip(*runs, strict=True)
    return statistics.median(seconds), statistics.median(mib)


def check(path: Path) -> Used:
    """Both in turns; the first round only warms the disk's cache."""
    rounds = [(used("scar_constructs", "check", str(path)), used()) for _ in range(RUNS + 1)]
    ours, imports = zip(*rounds[1:], strict=True)
    return Used(medians(ours), medians(imports))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Used:
    """A file of a thousand functions."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    functions = "".join(
        f"  f{n}:\n    image: grycap/image-{n}\n    memory: 1024\n    init_script: run.sh\n"
        f"    execution_mode: {('lambda', 'batch', 'lambda-batch')[n % 3]}\n"
        f"    environment: {{A: '{n}', B: two}}\n    batch: {{vcpus: 2, memory: 4096}}\n"
        f"    s3: {{input_bucket: cows-{n % 7}, input_folder: step-{n}, "
        f"output_bucket: cows-{(n + 1) % 7}, output_folder: step-{n + 1}}}\n"
        for n in range(FUNCTIONS)
    )
    path = folder / "many.yaml"
    path.write_text(f"functions:\n{functions}")
    return check(path)


def test_a_small_file() -> None:
    took = check(ROOT / "examples" / "mrbayes" / "mrbayes.yaml")
    ours, imports = took.ours[0], took.imports[0]
    measure = "check of a small file, processor time of the whole command"
    record(measure, f"{ours:.3f} s", f"imports {imports:.3f} s", ours / imports, 4, "x")


def test_a_thousand_functions(many: Used) -> None:
    ours, imports = many.ours[0], many.imports[0]
    measure = f"check of {FUNCTIONS:,} functions in one file, processor time"
    record(measure, f"{ours:.2f} s", f"imports {imports:.3f} s", ours / imports, 20, "x")


def test_the_memory_of_a_thousand_functions(many: Used) -> None:
    ours, imports = many.ours[1], many.imports[1]
    measure = f"check of {FUNCTIONS:,} functions in one file, peak memory"
    record(measure, f"{ours:.0f} MiB", f"imports {imports:.0f} MiB", ours / imports, 10, "x")
