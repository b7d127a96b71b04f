"""What a command costs before it does anything, against importing the library of commands."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from benchmarks.processor_time import used
from benchmarks.results import record

LIBRARY = "import click; click.Group"
RUNS = 11
TEN = Path(__file__).parents[1] / "tests" / "golden" / "reviews" / "ten"


@pytest.mark.parametrize(("words", "target"), [(("--version",), 1.2), (("ls", "--help"), 1.3)])
def test_the_start_of_a_command(words: tuple[str, ...], target: float) -> None:
    """Both in turns; the first round only warms the disk's cache."""
    rounds = [(used(LIBRARY, *words)[0], used(LIBRARY)[0]) for _ in range(RUNS + 1)]
    ours, imports = (statistics.median(some) for some in zip(*rounds[1:], strict=True))
    measure = f"`scar {' '.join(words)}`, processor time"
    record(measure, f"{ours:.3f} s", f"import {imports:.3f} s", ours / imports, target, "x")


def test_the_review_of_ten_functions() -> None:
    """Files and templates only: no network, no account, no Node.js. Seconds of the clock, against
    those of the check of one version."""
    sides = [str(TEN / "before"), str(TEN / "after")]
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        used("import click", "check", "--quiet", sides[0])
        checked = time.perf_counter()
        used("import click", "review", *sides)
        taken.append((time.perf_counter() - checked, checked - started))
    review, check = (statistics.median(some) for some in zip(*taken[1:], strict=True))
    other = f"check of one version {check:.3f} s"
    record("`scar review` of ten functions", f"{review:.3f} s", other, review, 2, "s")
