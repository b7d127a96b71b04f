"""`scar explain` about resources: of files, which it synthesises, and of an assembly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scar_constructs.cli.main import scar
from tests.synth.test_app import run_app

FLOW = """functions:
  aws:
  - lambda:
      name: count
      memory: 1024
      init_script: run.sh
      container: {image: debian}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(*arguments: str) -> Result:
    command = ["explain", *arguments]
    return CliRunner().invoke(scar, command, catch_exceptions=False, standalone_mode=False)


def test_files_and_their_assembly_say_the_same(project: Path) -> None:
    shown = ran("flow.yaml", "--resource", "AWS::Lambda::Function").output
    assert "memory: 1024  (flow.yaml:5)" in shown
    assert "lambda.timeout: 300, by default" in shown
    assert run_app(project, project / "out", context={"functions": "flow.yaml"}).returncode == 0
    assert ran("out", "--resource", "AWS::Lambda::Function").output == shown


def test_the_resources_of_a_key_as_json(project: Path) -> None:
    assert run_app(project, project / "out", context={"functions": "flow.yaml"}).returncode == 0
    (found,) = json.loads(ran("out", "--of", "count.memory", "--json").output)
    assert (found["kind"], found["name"]) == ("AWS::Lambda::Function", "count")
    (memory,) = [one for one in found["sources"] if one["place"] == "lambda.memory"]
    assert (memory["value"], memory["at"]) == ("1024", {"file": "flow.yaml", "line": 5})


@pytest.mark.parametrize("options", [("--resource", "x", "--of", "y"), ("--json",)], ids=" ".join)
@pytest.mark.usefixtures("project")
def test_questions_that_cannot_be_answered(options: tuple[str, ...]) -> None:
    assert CliRunner().invoke(scar, ["explain", "flow.yaml", *options]).exit_code == 2
