"""What a command costs before it does anything, against importing the library of commands."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.processor_time import used
from benchmarks.results import record

LIBRARY = "import click; click.Group"
RUNS = 11


@pytest.mark.parametrize(("words", "target"), [(("--version",), 1.2), (("ls", "--help"), 1.3)])
def test_the_start_of_a_command(words: tuple[str, ...], target: float) -> None:
    """Both in turns; the first round only warms the disk's cache."""
    rounds = [(used(LIBRARY, *words)[0], used(LIBRARY)[0]) for _ in range(RUNS + 1)]
    ours, imports = (statistics.median(some) for some in zip(*rounds[1:], strict=True))
    measure = f"`scar {' '.join(words)}`, processor time"
    record(measure, f"{ours:.3f} s", f"import {imports:.3f} s", ours / imports, target, "x")
