"""The memory of scripts in the line that ends an execution."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import subprocess, sys
from scar_runtime.log import Execution, Log
script = f"x = b'x' * ({sys.argv[1]} << 20)"
if sys.argv[1] != "0":
    subprocess.run([sys.executable, "-c", script])
Log("f").execution(Execution("f", "lambda", "r", None, "succeeded", 0, 1.0))
"""


@pytest.mark.parametrize(("mib", "least", "most"), [(150, 150, 250), (400, 400, 500)])
def test_the_most_that_one_process_held_is_told(mib: int, least: int, most: int) -> None:
    found = peak(mib)
    assert found is not None
    assert least <= found <= most


def test_without_a_script_nothing_is_told() -> None:
    assert peak(0) is None


def peak(mib: int) -> int | None:
    """What a process tells that runs one script, which takes so much."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(mib)],
        env={"PYTHONPATH": str(ROOT / "runtime")},
        capture_output=True,
        text=True,
        check=True,
    )
    found: int | None = json.loads(done.stdout)["peak_mib"]
    return found
