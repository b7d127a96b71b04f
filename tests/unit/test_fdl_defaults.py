"""Defaults from scar.cfg and from YAML, and which of them wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language import FdlError, LoadedApplication, load_application
from tests.unit.fdl_files import KNOWN, write

SCAR_CFG: dict[str, Any] = {
    "scar": {"config_version": "1.1.0"},
    "oscar": {"my_oscar": {"endpoint": "", "memory": "256Mi"}},
    "aws": {
        "iam": {"boto_profile": "default", "role": ""},
        "lambda": {
            "boto_profile": "default",
            "region": "eu-west-1",
            "execution_mode": "lambda",
            "timeout": 60,
            "memory": 2048,
            "description": "Automatically generated lambda function",
            "runtime": "python3.7",
            "layers": [],
            "invocation_type": "RequestResponse",
            "asynchronous": False,
            "log_type": "Tail",
            "log_level": "DEBUG",
            "environment": {"Variables": {"UDOCKER_BIN": "/opt/udocker/bin/", "MINE": "1"}},
            "deployment": {"max_payload_size": 52428800, "max_s3_payload_size": 262144000},
            "container": {"environment": {"Variables": {}}, "timeout_threshold": 5},
            "supervisor": {"version": "latest", "layer_name": "faas-supervisor"},
        },
        "s3": {"boto_profile": "default", "region": "us-east-1", "event": {"Records": []}},
        "api_gateway": {
            "boto_profile": "default",
            "endpoint": "https://{api_id}.execute-api.{api_region}.amazonaws.com",
            "http_method": "ANY",
            "method": {"authorizationType": "NONE"},
            "stage_name": "scar",
        },
        "cloudwatch": {"boto_profile": "default", "log_retention_policy_in_days": 7},
        "batch": {
            "multi_node_parallel": {"enabled": False, "number_nodes": 10, "main_node_index": 0},
            "vcpus": 2,
            "memory": 4096,
            "enable_gpu": False,
            "state": "ENABLED",
            "type": "MANAGED",
            "environment": {"Variables": {}},
            "compute_resources": {
                "security_group_ids": [],
                "type": "EC2",
                "desired_v_cpus": 0,
                "min_v_cpus": 0,
                "max_v_cpus": 2,
                "subnets": [],
                "instance_types": ["m3.medium"],
                "launch_template_name": "faas-supervisor",
                "instance_role": "arn:aws:iam::{account_id}:instance-profile/ecsInstanceRole",
            },
            "service_role": "arn:aws:iam::{account_id}:role/service-role/AWSBatchServiceRole",
        },
    },
}


def load(folder: Path, text: str, config: dict[str, Any] = SCAR_CFG) -> LoadedApplication:
    (folder / "scar.cfg").write_text(json.dumps(config, indent=2))
    return load_application(write(folder, a=text), defaults=folder / "scar.cfg", lock=KNOWN)


def test_scar_s_own_file_is_read(tmp_path: Path) -> None:
    loaded = load(tmp_path, "functions: {f: {image: x, execution_mode: batch}}")

    (stack,) = loaded.application.stacks
    (function,) = stack.functions
    assert stack.region == "eu-west-1"
    assert (function.memory_mib, function.timeout_seconds) == (2048, 60)
    assert (function.log_level, function.log_retention_days) == ("DEBUG", 7)
    assert function.timeout_threshold_seconds == 5
    assert dict(function.lambda_environment) == {"MINE": "1"}
    assert (function.batch.vcpus, function.batch.memory_mib) == (2, 4096)
    resources = function.batch.compute_resources
    assert resources.instance_types == ("default_x86_64",)
    assert resources.launch_template_name is None
    assert resources.instance_role is None


def test_what_has_no_meaning_any_more_is_told_in_few_lines(tmp_path: Path) -> None:
    warnings = load(tmp_path, "functions: {f: {image: x, execution_mode: batch}}").warnings

    assert [warning.rule for warning in warnings].count("ignored-key") == 2
    assert any("`lambda.runtime`" in warning.message for warning in warnings)
    assert any("UDOCKER_BIN" in warning.message for warning in warnings)


def test_function_over_file_over_defaults(tmp_path: Path) -> None:
    text = """
    defaults: {lambda: {memory: 1024, timeout: 30}}
    functions:
      f: {image: x, time: 20}
    """
    (function,) = load(tmp_path, text).application.stacks[0].functions

    assert (function.timeout_seconds, function.memory_mib) == (20, 1024)
    assert function.log_level == "DEBUG"


def test_variables_are_merged_and_lists_replaced(tmp_path: Path) -> None:
    config = {
        "lambda": {"container": {"environment": {"Variables": {"A": "1", "B": "1"}}}},
        "batch": {"compute_resources": {"instance_types": ["c6i", "m6i"]}},
    }
    text = """
    functions:
      f:
        image: x
        environment: {B: "2", C: "2"}
        batch: {compute_resources: {instance_types: [r6i]}}
    """
    (function,) = load(tmp_path, text, config).application.stacks[0].functions

    assert dict(function.environment) == {"A": "1", "B": "2", "C": "2"}
    assert function.batch.compute_resources.instance_types == ("r6i",)


def test_a_fault_of_the_defaults_is_told_once_and_there(tmp_path: Path) -> None:
    config = {"aws": {"lambda": {"memory": 1, "memroy": 2}}}

    with pytest.raises(FdlError) as caught:
        load(tmp_path, "functions: {f: {image: x}, g: {image: x}}", config)

    found = [(Path(p.file).name, p.path, p.rule) for p in caught.value.problems]
    assert found == [
        ("scar.cfg", "aws.lambda.memory", "out-of-range"),
        ("scar.cfg", "aws.lambda.memroy", "unknown-key"),
    ]


def test_a_name_cannot_be_a_default(tmp_path: Path) -> None:
    with pytest.raises(FdlError, match="unknown-key"):
        load(tmp_path, "functions: {f: {image: x}}", {"lambda": {"name": "f"}})


def test_a_missing_file_of_defaults_is_told(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a="functions: {f: {image: x}}")

    with pytest.raises(FdlError, match="file-missing"):
        load_application([path], defaults=tmp_path / "none.cfg")


def test_a_script_of_the_defaults_stands_beside_them(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a="functions: {f: {image: x}}")
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "scar.cfg").write_text(json.dumps({"lambda": {"init_script": "common.sh"}}))
    (folder / "common.sh").write_text("#!/bin/sh\necho common\n")

    loaded = load_application([path], defaults=folder / "scar.cfg")

    script = loaded.application.stacks[0].functions[0].script
    assert script is not None
    assert script.name == "common.sh"
