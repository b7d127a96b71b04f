"""Names that mean something to JavaScript or to the CDK are names like others in a template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scar_constructs.aws.app import add_stacks
from scar_constructs.aws.flags import new_app
from scar_constructs.aws.policy.naming import construct_id
from scar_constructs.language import load_application

OF_JAVASCRIPT = ("constructor", "__proto__", "toString", "valueOf", "hasOwnProperty")


def text(functions: list[str], bucket: str, environment: str) -> str:
    lines = "".join(
        f"  {json.dumps(name)}:\n    image: debian:trixie-slim\n    init_script: run.sh\n"
        f"    execution_mode: {'lambda' if name.startswith('_') else 'batch'}\n"
        f"    s3: {{input_bucket: {bucket}, input_folder: in-{number}}}\n"
        f"    batch: {{compute_environment: {environment}}}\n"
        for number, name in enumerate(functions)
    )
    return f"workflow: odd\nfunctions:\n{lines}"


@pytest.mark.parametrize(
    ("functions", "bucket", "environment"),
    [
        (["plain", *OF_JAVASCRIPT], "constructor", "constructor"),
        (["Default", "Resource", "Job", "Lambda"], "default", "Default"),
        (["a-b", "a_b", "ab"], "a-b-c", "Resource"),
    ],
)
def test_every_function_is_there(
    tmp_path: Path, functions: list[str], bucket: str, environment: str
) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    (tmp_path / "odd.yaml").write_text(text(functions, bucket, environment))
    app = new_app()
    add_stacks(
        app,
        load_application([tmp_path / "odd.yaml"]).application,
        runtime_image="debian:trixie-slim",
    )
    (stack,) = (one for one in app.synth().stacks if one.stack_name == "odd")
    made = [
        one["Properties"]["FunctionName"]
        for one in stack.template["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function" and "FunctionName" in one["Properties"]
    ]
    assert sorted(made) == sorted(functions)


def test_ordinary_names_are_their_ids() -> None:
    assert [construct_id(name) for name in ("resize", "Default1", "my-bucket", "job")] == [
        *("resize", "Default1", "my-bucket", "job"),
    ]
