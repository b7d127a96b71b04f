"""The rights that are printed for roles of the user's own are those of the roles we make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT
from tests.support.command import main

OWN_ROLES = """
functions:
  cow:
    image: debian
    init_script: run.sh
    execution_mode: batch
    lambda_role: arn:aws:iam::123456789012:role/mine
    batch: {job_role: arn:aws:iam::123456789012:role/jobs}
    s3: {input_bucket: meadow, input_folder: grass, output_bucket: stable, output_folder: milk}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    path = tmp_path / "cow.yaml"
    path.write_text(OWN_ROLES)
    return path


def statements(role: dict[str, Any]) -> dict[str, Any]:
    return {
        statement["Sid"]: statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    }


def test_they_are_those_of_the_roles_that_would_be_made(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rights", str(file), "cow"]) == 0

    roles = json.loads(capsys.readouterr().out)
    assert {"Role", "Job/Role"} <= set(roles)
    job = statements(roles["Job/Role"])
    assert job["ReadInputs"]["Resource"] == "arn:${AWS::Partition}:s3:::meadow/grass/*"
    assert job["WriteOutputs"]["Resource"] == "arn:${AWS::Partition}:s3:::stable/milk/*"
    trust = roles["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert trust == {"Service": "lambda.amazonaws.com"}
    assert "batch:SubmitJob" in json.dumps(roles["Role"])


def test_an_unknown_function_is_told_with_those_that_are_there(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rights", str(file), "bull"]) == 1
    assert "there are: cow" in capsys.readouterr().err


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rights", "--help"]) == 0
    assert "examples/hello hello-count" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["a"]])
def test_wrong_use_is_told_with_the_way_to_the_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rights", *arguments]) == 2
    assert "Try 'scar rights --help'" in capsys.readouterr().err


def test_the_node_that_is_pinned_is_used_and_not_the_first_on_the_path(tmp_path: Path) -> None:
    other = tmp_path / "node"
    other.write_text(f"#!/bin/sh\ntouch {tmp_path}/used\nexit 1\n")
    other.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "scar_constructs", "rights", "examples/hello", "hello-count"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "used").exists()
