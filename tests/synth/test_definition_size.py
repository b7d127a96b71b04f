"""What the language says of job definitions and variables, held against those that are made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language import FdlError, load_application
from scar_constructs.language.checks.definition_size import definition_size, variables_size
from scar_constructs.model import (
    Architecture,
    ComputeType,
    ExecutionMode,
    FileSystem,
    Function,
    MultiNode,
)
from tests.support.resolved import Resolved, size
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import templates_of

SECRET = "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:name-AbCdEf"
STACK = "s" * 128
TAGS = {f"tag-{number}": f"año {number}" for number in range(20)}
FILES = FileSystem(
    access_point_arn=(
        "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
    ),
    mount_path="/mnt/data",
    file_system_id="fs-0123456789abcdef0",
)


def one(mode: ExecutionMode = ExecutionMode.BATCH, **changes: Any) -> Function:
    """A function with the longest of names, variables, secrets and limits."""
    said = {
        "name": "n" * 64,
        "image": f"{'i' * 120}/{'j' * 120}",
        "execution_mode": mode,
        "tags": TAGS,
        "file_system": FILES,
        "secrets": {"OTHER": SECRET},
        "environment": {"ELSEWHERE": "e" * 500},
        "lambda_environment": {f"NAME_{number}": f"ñ{number}" for number in range(9)},
        "batch": batch(
            environment={f"JOB_{number}": 'a "b"' for number in range(40)},
            secrets={"SECRET": SECRET},
            ulimits={"nofile": 65536},
            shared_memory_mib=64,
            compute_resources=compute(
                subnets=("subnet-01234567",), security_group_ids=("sg-01234567",)
            ),
        ),
    }
    return function(**{**said, **changes})


def nodes() -> Function:
    made = one()
    wanted = replace(made.batch, multi_node=MultiNode(nodes=2, main_node=0))
    return replace(made, batch=wanted)


def fargate(**changes: Any) -> Function:
    resources = compute(
        type=ComputeType.FARGATE, subnets=("subnet-01234567",), security_group_ids=("sg-01234567",)
    )
    wanted = batch(compute_resources=resources, ephemeral_storage_gib=100)
    return one(batch=wanted, architecture=Architecture.ARM64, **changes)


def made(of: Function) -> Resolved:
    template = templates_of(workflow(of, tags={"project": "cows"}))["flow"]
    return Resolved(template, STACK)


@pytest.mark.parametrize(
    "of",
    [one(), one(build=False), one(build=False, script=None), nodes(), fargate()],
    ids=["built", "as it is", "without a script", "nodes", "on Fargate"],
)
def test_the_estimate_of_a_definition_is_never_too_small(of: Function) -> None:
    ((_, definition),) = made(of).of("AWS::Batch::JobDefinition")
    estimate = definition_size(of, {"project": "cows", **of.tags})
    assert size(definition) <= estimate <= size(definition) + 2_000


@pytest.mark.parametrize("mode", list(ExecutionMode))
def test_the_estimate_of_variables_is_never_too_small(mode: ExecutionMode) -> None:
    of = one(mode)
    ((_, properties),) = made(of).of("AWS::Lambda::Function")
    variables = properties["Environment"]["Variables"]
    real = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    assert real <= variables_size(of) <= real + 300


@pytest.mark.parametrize("build", ["true", "false"])
def test_tags_and_variables_that_a_definition_cannot_hold_are_refused(
    build: str, tmp_path: Path
) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    tags = ", ".join(f"{number:02}{'k' * 100}: {'v' * 200}" for number in range(45))
    text = f"""
tags: {{{tags}}}
functions:
  f:
    image: x
    init_script: run.sh
    execution_mode: batch
    build: {build}
    batch: {{environment: {{Variables: {{LONG: {"x" * 8000}}}}}}}
"""
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(FdlError) as caught:
        load_application([tmp_path / "a.yaml"])
    errors = [one for one in caught.value.problems if one.severity.value == "error"]
    assert [one.rule for one in errors] == ["environment-too-large"]
    assert "of 24576" in errors[0].message
    (tmp_path / "a.yaml").write_text(text.replace("x" * 8000, "x" * 800).replace("v" * 200, "v"))
    load_application([tmp_path / "a.yaml"])
