"""Nothing of the machine that synthesises gets into an assembly: no variable, and no file that the
workflow does not name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.canary import CANARY, files_that_show
from tests.synth.test_app import ROOT, run_app

VARIABLES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("GITHUB_TOKEN", "DOCKER_AUTH_CONFIG", "NPM_TOKEN", "SCAR_ANYTHING", "DATABASE_PASSWORD"),
)
PLACES = [
    "examples/hello",
    "tests/golden/templates/secrets",
    "tests/golden/templates/no-build",
    "tests/golden/templates/extra-payload",
    "tests/golden/templates/providers",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_of_the_machine_is_in_an_assembly(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, CANARY)
    folder = tmp_path / "workflow"
    shutil.copytree(ROOT / place, folder)
    for name in (".env", "credentials", "notes.txt", ".git-credentials"):
        (folder / name).write_text(CANARY)

    done = run_app(tmp_path, tmp_path / "out", context={"functions": str(folder)})

    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert os.listdir(tmp_path / "out")  # noqa: PTH208
    assert files_that_show(tmp_path / "out") == []
