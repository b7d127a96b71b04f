"""Two small versions of a workflow, and their review."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from scar_constructs.cli.main import scar
from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.review.compare import Review, review
from scar_constructs.review.sides import side

INPUT = "      input: [{storage_provider: s3, path: b-in/new}]\n"


def ran(*arguments: str) -> Result:
    """The command; its exit code is in `return_value`."""
    return CliRunner().invoke(
        scar, ["review", *arguments], catch_exceptions=False, standalone_mode=False
    )


def compared(before: Path, after: Path) -> Review:
    sides = [side(one.name, load_application([one])) for one in (before, after)]
    return review(sides[0], sides[1], Assumptions())


def written(folder: Path, text: str, script: str = "#!/bin/sh\ncat\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.sh").write_text(script)
    (folder / "flow.yaml").write_text(text)
    return folder


def function(name: str = "one", mode: str = "lambda", more: str = "", after: str = "") -> str:
    return (
        f"functions:\n  aws:\n  - lambda:\n      name: {name}\n      execution_mode: {mode}\n"
        f"      init_script: run.sh\n      container: {{image: debian}}\n{more}{after}"
    )
