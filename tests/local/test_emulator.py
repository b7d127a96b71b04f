"""The emulator that is installed is the one whose private names we touch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scar_constructs.emulator.services import NAMES, VERSION

ROOT = Path(__file__).parent.parent.parent


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_every_touched_name_is_there() -> None:
    code = (
        "from scar_constructs.emulator.services import missing_names; "
        "print(*missing_names(), sep='\\n')"
    )
    done = in_a_process(code)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_the_pin_is_the_version_that_the_module_is_written_for() -> None:
    pins = (ROOT / "requirements-local.txt").read_text().splitlines()
    assert f"ministack=={VERSION}" in pins


REMOVE_EACH = """
import importlib
from scar_constructs.emulator.services import NAMES, Emulator, EmulatorError
Emulator()
for module_name, names in NAMES.items():
    module = importlib.import_module(f"ministack.{module_name}")
    for name in names:
        value = vars(module).pop(name)
        try:
            Emulator()
        except EmulatorError as error:
            print(error)
        setattr(module, name, value)
"""


def test_a_name_that_is_gone_is_named() -> None:
    done = in_a_process(REMOVE_EACH)
    expected = [
        f"ministack {VERSION} is needed; the one installed lacks ministack.{module}.{name}"
        for module, names in NAMES.items()
        for name in names
    ]
    assert done.stdout.splitlines() == expected, done.stderr


def test_no_other_package_knows_the_emulator() -> None:
    package = ROOT / "scar_constructs"
    knowing = {path for path in package.rglob("*.py") if "import ministack" in path.read_text()}
    knowing |= {path for path in package.rglob("*.py") if 'f"ministack.' in path.read_text()}
    assert {path.parent for path in knowing} == {package / "emulator" / "services"}
