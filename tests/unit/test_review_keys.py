"""Each key of the language, changed alone: the review names it, with both values and its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.language.keys.containers import Group, ListOf
from scar_constructs.language.keys.dialects import FDL_FUNCTION, TOP
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.review.compare import Review, review
from scar_constructs.review.sides import side

ROLE = "arn:aws:iam::123456789012:role/{}"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}-AbCdEf"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-44445555666{}"
SUBNETS = ["subnet-0123456789abcdef{}", "sg-0123456789abcdef{}"]
POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef{}"
VPC = {"SubnetIds": [SUBNETS[0].format(0)], "SecurityGroupIds": [SUBNETS[1].format(0)]}
FILES = {"Arn": POINT.format(0), "LocalMountPath": "/mnt/a", "FileSystemId": "fs-01234567"}
API = {"name": "one", "auth": "iam"}
BUCKET = {"kms_key": KEY.format(0), "replicate_to": "b-copies", "replica_kms_key": KEY.format(1)}

TOPIC = "arn:aws:sns:us-east-1:123456789012:{}"
CHECKED = {"verify": (True, False)}
SERVERS = ("https://a.example.org", "https://b.example.org")
PROVIDERS: dict[str, tuple[dict[str, Any], dict[str, tuple[Any, Any]]]] = {
    "s3": ({}, {"region": ("eu-west-1", "eu-west-3")}),
    "minio": (
        {"endpoint": SERVERS[0]},
        {"endpoint": SERVERS, "region": ("us-east-1", "eu-west-1"), **CHECKED},
    ),
    "onedata": (
        {"oneprovider_host": SERVERS[0], "space": "a"},
        {"oneprovider_host": SERVERS, "space": ("a", "b"), **CHECKED},
    ),
    "webdav": ({"hostname": SERVERS[0]}, {"hostname": SERVERS, **CHECKED}),
}
"""Kind -> what one of it needs, and keys of it with two values."""

FUNCTION: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "lambda.image": ("debian", "alpine", {"lambda.container": None}),
    "lambda.execution_mode": ("lambda", "lambda-batch", {}),
    "lambda.queue": (True, "retired", {"lambda.concurrency": 5}),
    "lambda.lambda_up_to": ("1MB", "2MB", {"lambda.execution_mode": "auto"}),
    "lambda.memory": (512, 1024, {}),
    "lambda.timeout": (60, 120, {}),
    "lambda.ephemeral_storage": (512, 1024, {}),
    "lambda.description": ("a", "b", {}),
    "lambda.log_level": ("INFO", "DEBUG", {}),
    "lambda.environment.Variables.AB": ("x", "y", {}),
    "lambda.architectures": (["x86_64"], ["arm64"], {}),
    "lambda.concurrency": (3, 4, {}),
    "lambda.retries": (1, 2, {}),
    "lambda.tracing": (False, True, {}),
    "lambda.retired": (False, True, {}),
    "lambda.secrets.AB": (SECRET.format("a"), SECRET.format("b"), {}),
    "lambda.tags.a": ("x", "y", {}),
    "lambda.vpc.SubnetIds": (["subnet-01234567"], ["subnet-01234568"], {"lambda.vpc": VPC}),
    "lambda.vpc.SecurityGroupIds": (["sg-01234567"], ["sg-01234568"], {"lambda.vpc": VPC}),
    "lambda.file_system[0].LocalMountPath": (
        "/mnt/a",
        "/mnt/b",
        {"lambda.vpc": VPC, "lambda.file_system": [FILES]},
    ),
    "lambda.file_system[0].Arn": (
        POINT.format(1),
        POINT.format(2),
        {"lambda.vpc": VPC, "lambda.file_system": [FILES]},
    ),
    "lambda.file_system[0].FileSystemId": (
        "fs-01234567",
        "fs-01234568",
        {"lambda.vpc": VPC, "lambda.file_system": [FILES]},
    ),
    "lambda.container.image": ("debian", "alpine", {}),
    "lambda.container.create_image": (
        True,
        False,
        {
            "lambda.container.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a",
            "lambda.execution_mode": "lambda",
        },
    ),
    "lambda.container.build": (True, False, {"lambda.execution_mode": "batch"}),
    "lambda.container.entrypoint": (["a"], ["b"], {"lambda.init_script": None}),
    "lambda.container.command": (
        ["a"],
        ["b"],
        {"lambda.init_script": None, "lambda.container.entrypoint": []},
    ),
    "lambda.container.credentials": ("role", "none", {}),
    "lambda.container.repository_credentials": (
        SECRET.format("a"),
        SECRET.format("b"),
        {"lambda.execution_mode": "batch", "lambda.container.build": False},
    ),
    "lambda.container.timeout_threshold": (5, 6, {}),
    "lambda.container.environment.Variables.AB": ("x", "y", {}),
    "iam.role": (ROLE.format("a"), ROLE.format("b"), {}),
    "cloudwatch.log_retention_policy_in_days": (30, 60, {}),
    "api_gateway.name": ("one", "two", {"api_gateway": API}),
    "api_gateway.auth": ("iam", "api_key", {"api_gateway": API}),
    "api_gateway.stage_name": ("v1", "v2", {"api_gateway": API}),
    "api_gateway.http_method": ("GET", "POST", {"api_gateway": API}),
    "api_gateway.parameters": (["a"], ["b"], {"api_gateway": API}),
    "api_gateway.web_acl": (
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/0a1b2c3d-1111-2222-3333-444455556666",
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/b/0a1b2c3d-1111-2222-3333-444455556666",
        {"api_gateway": API},
    ),
    "batch.vcpus": (1, 2, {}),
    "batch.memory": (1024, 2048, {}),
    "batch.retries": (1, 2, {}),
    "batch.timeout": (60, 120, {}),
    "batch.disk_gib": (40, 50, {}),
    "batch.ephemeral_storage": (
        30,
        40,
        {"batch": {"memory": 2048, "compute_resources": {"type": "FARGATE"}}},
    ),
    "batch.shared_memory_mib": (64, 128, {}),
    "batch.ulimits.nofile": (1024, 2048, {}),
    "batch.job_role": (ROLE.format("a"), ROLE.format("b"), {}),
    "batch.secrets.AB": (SECRET.format("a"), SECRET.format("b"), {}),
    "batch.environment.Variables.AB": ("x", "y", {}),
    "batch.compute_environment": ("a", "b", {}),
    "batch.state": ("ENABLED", "DISABLED", {}),
    "batch.compute_resources.type": ("EC2", "SPOT", {}),
    "batch.compute_resources.min_v_cpus": (0, 1, {}),
    "batch.compute_resources.desired_v_cpus": (1, 2, {}),
    "batch.compute_resources.max_v_cpus": (4, 8, {}),
    "batch.compute_resources.instance_types": (["c6i"], ["m6i"], {}),
    "batch.compute_resources.launch_template_name": ("one-template", "other-template", {}),
    "batch.compute_resources.instance_role": (
        "arn:aws:iam::123456789012:instance-profile/a",
        "arn:aws:iam::123456789012:instance-profile/b",
        {},
    ),
    "batch.multi_node_parallel.number_nodes": (
        2,
        3,
        {"batch.multi_node_parallel": {"enabled": True}},
    ),
    "batch.multi_node_parallel.main_node_index": (
        0,
        1,
        {"batch.multi_node_parallel": {"enabled": True, "number_nodes": 2}},
    ),
    "batch.multi_node_parallel.enabled": (False, True, {}),
    "batch.gpus": (1, 2, {"batch.compute_resources": {"instance_types": ["g4dn.12xlarge"]}}),
    "batch.enable_gpu": (
        False,
        True,
        {"batch.compute_resources": {"instance_types": ["g4dn.12xlarge"]}},
    ),
    "batch.burst.window": ("60s", "5m", {}),
    "batch.burst.max": (10, 20, {}),
    "batch.burst.retired": (False, True, {}),
    "batch.type": ("MANAGED", "UNMANAGED", {"batch.compute_environment": "mine"}),
    "batch.compute_resources.subnets": (
        [SUBNETS[0].format(0)],
        [SUBNETS[0].format(1)],
        {"batch.compute_resources.security_group_ids": [SUBNETS[1].format(0)]},
    ),
    "batch.compute_resources.security_group_ids": (
        [SUBNETS[1].format(0)],
        [SUBNETS[1].format(1)],
        {"batch.compute_resources.subnets": [SUBNETS[0].format(0)]},
    ),
}
"""Place -> value before, value after, and what else is in the function."""


def base(place: str) -> dict[str, Any]:
    mode = "batch" if place.startswith("batch.") or place == "flow_logs" else "lambda"
    one: dict[str, Any] = {
        "lambda": {
            "name": "one",
            "execution_mode": mode,
            "init_script": "run.sh",
            "container": {"image": "debian"},
            "input": [{"storage_provider": "s3", "path": "b-in/new"}],
        }
    }
    return {"functions": {"aws": [one]}}


def elsewhere(**settings: Any) -> dict[str, Any]:
    """A file whose function writes to the provider of these settings."""
    (kind,) = settings
    one = base("")["functions"]["aws"][0]
    one["lambda"]["output"] = [{"storage_provider": f"{kind}.lab", "path": "results/new"}]
    providers = {kind: {"lab": {"secret": SECRET.format("a"), **settings[kind]}}}
    return {"functions": {"aws": [one]}, "storage_providers": providers}


STACK: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "tags.a": ("x", "y", {}),
    "kms_key": (KEY.format(0), KEY.format(1), {}),
    "access_logs": ("b-logs/a", "b-logs/b", {}),
    "spool": ("b-spool-a", "b-spool-b", {}),
    "flow_logs": (False, True, {}),
    "alarms.email": ("a@example.org", "b@example.org", {}),
    "alarms.topic": (TOPIC.format("a"), TOPIC.format("b"), {}),
    "metrics": (False, True, {}),
    "dashboard": (False, True, {}),
    "buckets.b-in.versioned": (True, False, {}),
    "buckets.b-in.expire_days": (7, 8, {}),
    "buckets.b-in.kms_key": (KEY.format(0), KEY.format(1), {}),
    "buckets.b-in.access_logs": ("b-logs/a", "b-logs/b", {}),
    "buckets.b-in.replicate_to": ("b-copies", "b-others", {}),
    "buckets.b-in.replica_kms_key": (KEY.format(1), KEY.format(2), {"buckets": {"b-in": BUCKET}}),
    "buckets.b-in.existing": (False, True, {}),
    "buckets.b-in.event_bridge": (False, True, {}),
    **{
        f"storage_providers.{kind}.lab.{key}": (*values, elsewhere(**{kind: needed}))
        for kind, (needed, keys) in PROVIDERS.items()
        for key, values in {"secret": (SECRET.format("a"), SECRET.format("b")), **keys}.items()
    },
}


def put(document: dict[str, Any], place: str, value: Any) -> None:
    """Set what stands at a place; None takes it away."""
    node: Any = document
    *parents, last = place.replace("[0]", ".0").split(".")
    for name in parents:
        node = node[int(name)] if name.isdigit() else node.setdefault(name, {})
    if value is None:
        node.pop(last, None)
    else:
        node[last] = yaml.safe_load(yaml.safe_dump(value))


def written(folder: Path, place: str, case: tuple[Any, Any, dict[str, Any]]) -> list[Path]:
    """A folder with the value before, and one with the value after."""
    found = []
    for name, value in zip(("before", "after"), case[:2], strict=True):
        document = base(place)
        holder = document if place in STACK else document["functions"]["aws"][0]
        for other, there in case[2].items():
            put(holder, other, there)
        put(holder, place, value)
        (folder / name).mkdir()
        (folder / name / "run.sh").write_text("#!/bin/sh\n")
        (folder / name / "flow.yaml").write_text(yaml.safe_dump(document))
        found.append(folder / name)
    return found


def reviewed(folder: Path, place: str, case: tuple[Any, Any, dict[str, Any]]) -> Review:
    folders = written(folder, place, case)
    sides = [side(one.name, load_application([one])) for one in folders]
    return review(sides[0], sides[1], Assumptions())


def shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("place", [*FUNCTION, *STACK])
def test_a_key_that_changes_alone_is_named(place: str, tmp_path: Path) -> None:
    case = {**FUNCTION, **STACK}[place]
    found = reviewed(tmp_path, place, case)
    changes = found.stacks if place in STACK else found.functions
    keys = [key for one in changes for key in one.keys]
    assert [(one.key, one.before, one.after) for one in keys] == [
        (place, shown(case[0]), shown(case[1]))
    ]
    text = (tmp_path / "after" / "flow.yaml").read_text().splitlines()
    line = text[keys[0].at.line - 1]
    assert shown(case[1]).strip("[]") in line or place.rpartition(".")[2] in line
    if place not in STACK:
        assert [one.name for one in found.functions] == ["one"]
        machines = [key.key for one in found.stacks for key in one.keys]
        assert all(one.startswith("shared machines") for one in machines), "others follow of none"


EXEMPT = {
    **dict.fromkeys(("lambda.name", "lambda.input", "lambda.output"), "functions and edges"),
    **dict.fromkeys(("lambda.init_script", "lambda.extra_payload"), "contents of files"),
    "lambda.container.image_file": "contents of files",
    "lambda.region": "of the stack",
    "lambda.layers": "none of its values is taken",
    "buckets.b-in.owner": "decides between files",
    "batch.former": "only beside another environment",
    **dict.fromkeys(("functions", "defaults", "workflow"), "not of one key"),
}
"""Keys that are changed in other tests, or together with others."""


def leaves(shape: Shape, place: str) -> Iterator[str]:
    if isinstance(shape, ListOf):
        yield from leaves(shape.item, f"{place}[0]")
    elif isinstance(shape, Group) and place not in EXEMPT:
        for name, key in shape.keys.items():
            if not (key.ignored or key.refused):
                yield from leaves(key.shape, f"{place}.{name}" if place else name)
    else:
        yield place


def test_no_key_of_the_language_is_left_out() -> None:
    known = {*FUNCTION, *STACK, *EXEMPT}
    missing = [
        place
        for group in (FDL_FUNCTION, TOP)
        for place in leaves(group, "")
        if not any(
            place == one
            or one.startswith((f"{place}.", f"{place}["))
            or place.startswith(f"{one}[")
            for one in known
        )
    ]
    assert missing == []
