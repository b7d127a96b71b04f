"""Figures of the benchmarks, as a table for people."""

from __future__ import annotations

import datetime
import os
import platform
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("RESULTS.md")
BY_HAND = "## Against an earlier state"
"""Where the part of the file begins that is written by hand, and stays."""


@dataclass(frozen=True)
class Figure:
    """One measure: what it is, what came out, and what it should be."""

    measure: str
    ours: str
    other: str
    value: float
    target: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.value <= self.target

    def row(self) -> str:
        verdict = "yes" if self.holds else "no"
        value, target = f"{self.value:.3g} {self.unit}", f"at most {self.target:g} {self.unit}"
        return f"| {self.measure} | {self.ours} | {self.other} | {value} | {target} | {verdict} |"


FIGURES: list[Figure] = []
"""Those of this run."""


def record(measure: str, ours: str, other: str, value: float, target: float, unit: str) -> None:
    """Keep a figure. Fails if it is not what it should be."""
    figure = Figure(measure, ours, other, value, target, unit)
    FIGURES.append(figure)
    assert figure.holds, figure.row()


def write(figures: list[Figure], peers: str) -> None:
    """Replace the file of results. `peers` names the programs that were compared with."""
    day = datetime.datetime.now(datetime.UTC).date()
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; ratios are of programs that ran in turns in one run, medians.",
        "The ancestor is faas-supervisor, run as its Batch jobs run it. All programs use the same",
        "Python and the same S3, which answers at once or after the latency that is named.",
        "The check of files is compared with a program that only imports the libraries it needs.",
        "",
        f"{day}, {_processor()}, {os.cpu_count()} processors, Linux {platform.release()},"
        f" load {os.getloadavg()[0]:.1f}; {peers}",
        "",
        "| measure | ours | the other | result | target | holds |",
        "|---|---|---|---|---|---|",
        *(figure.row() for figure in figures),
        "",
    ]
    _, heading, rest = FILE.read_text(encoding="utf-8").partition(BY_HAND)
    FILE.write_text("\n".join([*lines, heading + rest]), encoding="utf-8")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
