"""The package as a whole: what it exports, what it must not import, how fast it starts."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from scar_constructs import fdl
from tests.unit.fdl_files import write

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_all_names_every_public_name() -> None:
    public = {
        name
        for name, value in vars(fdl).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith("scar_constructs.fdl")
    }

    assert public == set(fdl.__all__)


def test_the_language_imports_neither_the_cdk_nor_boto() -> None:
    code = (
        "import sys, scar_constructs.fdl.__main__; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore') if name in sys.modules])"
    )

    assert run("-c", code).stdout.strip() == "[]"


@pytest.mark.alone
def test_a_small_file_is_checked_in_a_blink() -> None:
    """Processor time, and the best of five, because the machine has other things to do."""
    path = "examples/mrbayes/mrbayes.yaml"
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("-m", "scar_constructs.fdl", "check", path).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(seconds) < 0.4


def test_the_examples_are_clean() -> None:
    folders = sorted({path.parent for path in (ROOT / "examples").rglob("*.yaml")})

    for folder in folders:
        result = run("-m", "scar_constructs.fdl", "check", str(folder))
        assert (result.returncode, result.stderr) == (0, ""), folder


MEASURE = """
import pathlib, re, sys, time
from scar_constructs.fdl.__main__ import main
code = main(["check", sys.argv[1]])
# Not ru_maxrss: that one counts what the process was before it began this program.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
print(code, time.process_time(), int(peak) / 1024)
"""


@pytest.mark.alone
def test_a_thousand_functions_take_two_seconds_and_300_mb(tmp_path: Path) -> None:
    functions = "".join(
        f"  f{n}:\n    image: grycap/image-{n}\n    memory: 1024\n    init_script: run.sh\n"
        f"    execution_mode: {('lambda', 'batch', 'lambda-batch')[n % 3]}\n"
        f"    environment: {{A: '{n}', B: two}}\n    batch: {{vcpus: 2, memory: 4096}}\n"
        f"    s3: {{input_bucket: cows-{n % 7}, input_folder: step-{n}, "
        f"output_bucket: cows-{(n + 1) % 7}, output_folder: step-{n + 1}}}\n"
        for n in range(1000)
    )
    (path,) = write(tmp_path, a=f"functions:\n{functions}")

    code, seconds, mib = run("-c", MEASURE, str(path)).stdout.split()

    assert code == "0"
    assert float(seconds) < 2
    assert float(mib) < 300
