"""What the documents show of the programs' output is what the programs print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, claim

MISTAKES = {
    claim("README.md", "error: functions.scar-mrbayes-batch.memry"): (
        "mrbayes.yaml",
        "functions:\n  scar-mrbayes-batch:\n    image: grycap/mrbayes\n    memry: 1024\n"
        "    init_script: run.sh\n",
    ),
    claim("docs/language.md", "error: functions.cow.memroy"): (
        "cow.yaml",
        "functions:\n  cow:\n    image: grycap/cowsay\n    memroy: 1024\n    init_script: run.sh\n",
    ),
}
"""Samples of the check, and files that have the mistake at the place that they name."""


@pytest.mark.parametrize("block", MISTAKES, ids=lambda block: block.place)
def test_a_mistake_is_told_as_the_documents_show_it(block: Block, tmp_path: Path) -> None:
    name, text = MISTAKES[block]
    (tmp_path / name).write_text(text)
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    done = subprocess.run(
        [sys.executable, "-m", "scar_constructs", "check", name],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", block.text)
