"""The writer of the configuration document (fdl) and its reader (the runtime) agree."""

from __future__ import annotations

from pathlib import Path

import pytest
from scar_runtime.config import Config, Input, Output, Script, read_config

from scar_constructs.language import load_application
from scar_constructs.language.runtime_config import render

WORKFLOW = """
functions:
  aws:
  - lambda:
      name: f
      init_script: run.sh
      execution_mode: lambda-batch
      secrets: {TOKEN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"}
      log_level: DEBUG
      container:
        image: some/image
        timeout_threshold: 20
        environment:
          Variables: {KEY: "a=b", NUMBER: 7}
      input:
      - {storage_provider: s3, path: in-bucket/in, prefix: [a, b], suffix: [txt]}
      output:
      - {storage_provider: s3, path: out-bucket/out, prefix: [a], suffix: [jpg, png]}
      - {storage_provider: s3, path: out-bucket, key: "{request_id}/{stem}/{name}"}
"""
SCRIPT = b"#!/bin/sh\necho 'any byte: \xff\x01 \xe2\x82\xac'\n"


def test_the_reader_gets_what_the_writer_had(tmp_path: Path) -> None:
    assert written_and_read(tmp_path, WORKFLOW) == Config(
        name="f",
        mode="lambda-batch",
        log_level="DEBUG",
        timeout_threshold=20.0,
        environment={"KEY": "a=b", "NUMBER": "7"},
        script=Script("run.sh", SCRIPT),
        outputs=(
            Output("out-bucket", "out", ("a",), ("jpg", "png"), "{name}"),
            Output("out-bucket", "", (), (), "{request_id}/{stem}/{name}"),
        ),
        secrets={"TOKEN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"},
        inputs=(Input("in-bucket", "in", prefixes=("a", "b"), suffixes=("txt",)),),
    )


def test_parameters_of_requests_are_known_to_both(tmp_path: Path) -> None:
    api = "api_gateway: {name: a, parameters: [width, height, width]}"
    workflow = f"functions: {{f: {{image: i, init_script: run.sh, {api}}}}}"
    assert written_and_read(tmp_path, workflow).parameters == {"width", "height"}


@pytest.mark.parametrize("mode", ["lambda", "batch"])
def test_every_mode_is_known_to_both(tmp_path: Path, mode: str) -> None:
    workflow = WORKFLOW.replace("lambda-batch", mode)
    assert written_and_read(tmp_path, workflow).mode == mode


def test_the_classic_dialect_is_only_another_key_template(tmp_path: Path) -> None:
    classic = "functions: {f: {image: i, init_script: run.sh, s3: {input_bucket: the-bucket}}}"
    config = written_and_read(tmp_path, classic)
    assert config.outputs == (Output("the-bucket", "f/output", (), (), "{request_id}/{name}"),)


def test_a_function_without_a_script_has_none(tmp_path: Path) -> None:
    config = written_and_read(tmp_path, "functions: {f: {image: some/image}}")
    assert config.script is None
    assert config.outputs == ()


def written_and_read(folder: Path, workflow: str) -> Config:
    (folder / "run.sh").write_bytes(SCRIPT)
    (folder / "workflow.yaml").write_text(workflow)
    [stack] = load_application([folder / "workflow.yaml"]).application.stacks
    (folder / "config.json").write_text(render(stack.functions[0]), encoding="ascii")
    return read_config(folder / "config.json")
