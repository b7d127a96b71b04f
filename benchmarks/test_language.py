"""What a check of YAML files costs, against importing the libraries that it cannot do without."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.processor_time import used
from benchmarks.results import record
from benchmarks.runtime_peers import ROOT

LIBRARIES = "import pydantic, yaml; pydantic.BaseModel"
RUNS = 7
FUNCTIONS = 1_000


@dataclass(frozen=True)
class Used:
    """Processor time in seconds and peak memory in MiB: of the check, and of the imports."""

    ours: tuple[float, float]
    imports: tuple[float, float]


def medians(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    seconds, mib = zip(*runs, strict=True)
    return statistics.median(seconds), statistics.median(mib)


def check(path: Path) -> Used:
    """Both in turns; the first round only warms the disk's cache."""
    rounds = [(used(LIBRARIES, "check", str(path)), used(LIBRARIES)) for _ in range(RUNS + 1)]
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
