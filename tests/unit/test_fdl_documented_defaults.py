"""What the reference calls a default is what a file without the key means."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scar_runtime.providers import s3

from scar_constructs.language import load_application
from scar_constructs.language.keys.containers import Key
from scar_constructs.language.reference.documents import TABLES
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import limits
from tests.unit.fdl_files import write

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf"
FUNCTION: dict[str, Any] = {
    "lambda": {
        "name": "fun",
        "init_script": "run.sh",
        "container": {"image": "x"},
        "input": [{"path": "bbb/in"}],
        "output": [{"path": "bbb/out"}],
    },
    "iam": {},
    "cloudwatch": {},
    "api_gateway": {"name": "api"},
    "batch": {"compute_resources": {}, "multi_node_parallel": {}},
}
FDL: dict[str, Any] = {
    "functions": {"aws": [FUNCTION]},
    "buckets": {"bbb": {}},
    "storage_providers": {
        "s3": {"mine": {}},
        "minio": {"mine": {"endpoint": "https://minio.example.org", "secret": SECRET}},
        "onedata": {
            "mine": {"oneprovider_host": "one.example.org", "space": "s", "secret": SECRET}
        },
        "webdav": {"mine": {"hostname": "https://dav.example.org", "secret": SECRET}},
    },
}
FUNCTION["lambda"]["output"] += [
    {"path": "bbb/out", "storage_provider": f"{kind}.mine"} for kind in FDL["storage_providers"]
]
CLASSIC: dict[str, Any] = {
    "functions": {
        "fun": {"image": "x", "init_script": "run.sh", "s3": {"input_bucket": "bbb"}},
    }
}
JOINED: dict[str, Any] = copy.deepcopy(FDL)
JOINED["functions"]["aws"][0]["lambda"]["input"][0]["join"] = {
    "suffixes": [".a", ".b"],
    "after": "24h",
}
QUEUED: dict[str, Any] = copy.deepcopy(FDL)
QUEUED["functions"]["aws"][0]["lambda"]["execution_mode"] = "batch"
QUEUED["functions"]["aws"][0]["batch"] = {"burst": {}}
_FUNCTION = ("functions", "aws", 0)
PLACES: dict[str, tuple[dict[str, Any], tuple[str | int, ...]]] = {
    "top": (FDL, ()),
    "buckets": (FDL, ("buckets", "bbb")),
    "classic": (CLASSIC, ("functions", "fun")),
    "classic s3": (CLASSIC, ("functions", "fun", "s3")),
    "fdl": (FDL, _FUNCTION),
    "lambda": (FDL, (*_FUNCTION, "lambda")),
    "container": (FDL, (*_FUNCTION, "lambda", "container")),
    "input": (FDL, (*_FUNCTION, "lambda", "input", 0)),
    "join": (JOINED, (*_FUNCTION, "lambda", "input", 0, "join")),
    "output": (FDL, (*_FUNCTION, "lambda", "output", 0)),
    "iam": (FDL, (*_FUNCTION, "iam")),
    "cloudwatch": (FDL, (*_FUNCTION, "cloudwatch")),
    "api_gateway": (FDL, (*_FUNCTION, "api_gateway")),
    "batch": (FDL, (*_FUNCTION, "batch")),
    "compute_resources": (FDL, (*_FUNCTION, "batch", "compute_resources")),
    "multi_node_parallel": (FDL, (*_FUNCTION, "batch", "multi_node_parallel")),
    "burst": (QUEUED, (*_FUNCTION, "batch", "burst")),
    **{
        f"storage_providers {kind}": (FDL, ("storage_providers", kind, "mine"))
        for kind in FDL["storage_providers"]
    },
}
"""A file for each table of the reference, and where its keys stand there."""

IN_WORDS = {
    "none": "nothing",
    "any": "an empty list",
    "never": "nothing",
    "once for each file": "see tests/runtime/test_joins.py",
    "as long as the spool keeps marks of files": "no time",
    "nowhere": "nothing",
    "the account's limit": "nothing is reserved",
    "the file's name without its suffix": "checked by test_the_stack_is_named_by_the_file",
    "the region of the CDK command line": "the stack has no region of its own",
    "the stack's own": "the stack's region",
    "found from who uses it": "see tests/unit/test_fdl_sharing.py",
    "only where filters overlap": "see tests/unit/test_fdl_triggers.py",
    "keys that the services manage": "no key of ours",
    "a name that CloudFormation makes up": "no name",
    "the stack's `kms_key`, or else S3's own key": "see tests/synth/test_stack_options.py",
    "the stack's `access_logs`": "see tests/synth/test_stack_options.py",
    "the input bucket; with neither, nothing is uploaded": "see tests/unit/test_fdl_loader.py",
    "a role with least privilege is made for each function": "no role of the user's",
    "a role with least privilege is made": "no role of the user's",
    "none: the registry is public, or is ECR": "nothing",
    "one for all functions of the file that say nothing of their "
    "machines, else one of its own": "no name",
    "those of the network that is made for jobs, one for all workflows of a region": "no subnets",
    "one without ingress, of the network that is made for jobs": "no security groups",
    "one is made": "no profile of the user's",
    "one is made: encrypted disk, IMDSv2": "no template of the user's",
    "the function's own role asks, and the bucket's policy lets it": "no secret",
    "the image's own, if it is known": "see tests/unit/test_fdl_commands.py",
    "Docker's own, which are 64": "nothing, see tests/synth/test_job.py",
    "those of the host's Docker": "nothing, see tests/synth/test_job.py",
    "a job is submitted for each file at once": "no queue",
    "what the jobs need, which Batch finds out itself": "no number",
    limits.FARGATE_STORAGE: (
        "no size, see test_fargate_disks_have_21_to_200_gib_and_20_is_said_by_silence"
    ),
}
"""Defaults that no value stands for, and what they are instead."""


def documented() -> Iterator[tuple[str, str, Key]]:
    """Each key with a default: its table, its name, itself."""
    for table, group in TABLES.items():
        for name, key in group.keys.items():
            if key.default:
                yield table, name, key


AT_RUN = {("storage_providers minio", "region")}
"""Defaults that the runtime has: the last test of this module holds it to them."""
WRITTEN = [
    (table, name, key)
    for table, name, key in documented()
    if key.default not in IN_WORDS and (table, name) not in AT_RUN
]


def value_of(default: str) -> Any:
    """The value at the beginning of a default in the reference, before any words about it."""
    if default.startswith("["):
        return yaml.safe_load(f"{default.split(']')[0]}]")
    start = re.split(r", | \(|; ", default)[0]
    if start.startswith("`"):
        return start.strip("`").replace("<function>", "fun")
    return yaml.safe_load(start)


def with_key(table: str, name: str, value: Any) -> dict[str, Any]:
    """The table's file, with this value under the key."""
    document, place = PLACES[table]
    made = copy.deepcopy(document)
    target: Any = made
    for step in place:
        target = target[step]
    target[name] = value
    return made


def loaded(folder: Path, document: dict[str, Any]) -> Application:
    return load_application(write(folder, a=json.dumps(document))).application


@pytest.mark.parametrize(
    ("table", "name", "key"), WRITTEN, ids=[f"{table}.{name}" for table, name, _ in WRITTEN]
)
def test_a_documented_default_written_out_changes_nothing(
    table: str, name: str, key: Key, tmp_path: Path
) -> None:
    without = loaded(tmp_path, PLACES[table][0])
    assert loaded(tmp_path, with_key(table, name, value_of(key.default))) == without


def test_every_default_is_a_value_or_one_of_a_few_in_words() -> None:
    """So that no default in words comes up which is checked nowhere."""
    assert {key.default for _, _, key in documented()} >= set(IN_WORDS)
    for _, name, key in WRITTEN:
        value = value_of(key.default)
        assert isinstance(value, list | bool | int) or " " not in value, name


@pytest.mark.parametrize("timeout", [2, 5, 19, 20, 21, 900])
def test_of_a_short_time_out_half_is_kept_back(timeout: int, tmp_path: Path) -> None:
    assert limits.TIMEOUT_THRESHOLD == "10, or half of the time-out where that is less"
    document = with_key("lambda", "timeout", timeout)
    without = loaded(tmp_path, document)
    document["functions"]["aws"][0]["lambda"]["container"] = {
        "image": "x",
        "timeout_threshold": min(10, timeout // 2),
    }
    assert loaded(tmp_path, document) == without


@pytest.mark.parametrize(
    ("batch", "most"),
    [
        ({"vcpus": 8}, 8),
        ({"vcpus": 1, "multi_node_parallel": {"enabled": True, "number_nodes": 5}}, 5),
        ({"compute_resources": {"min_v_cpus": 7}}, 7),
        ({"compute_resources": {"desired_v_cpus": 6}}, 6),
    ],
)
def test_there_are_vcpus_for_one_job_and_for_what_is_always_there(
    batch: dict[str, Any], most: int, tmp_path: Path
) -> None:
    assert "what one job needs" in TABLES["compute_resources"].keys["max_v_cpus"].default
    (stack,) = loaded(tmp_path, with_key("fdl", "batch", batch)).stacks
    assert stack.functions[0].batch.compute_resources.max_vcpus == most


def test_a_job_with_a_gpu_has_one(tmp_path: Path) -> None:
    assert TABLES["batch"].keys["gpus"].default == "0, or 1 with `enable_gpu`"
    (stack,) = loaded(tmp_path, with_key("batch", "enable_gpu", True)).stacks
    assert stack.functions[0].batch.gpus == 1


def test_the_region_of_a_server_that_names_none_is_the_runtime_s() -> None:
    assert s3.REGION == limits.MINIO_REGION
