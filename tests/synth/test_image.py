"""The image of a function: what is built into it, and one that is used as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from scar_constructs.assets import image_context
from scar_constructs.fdl.models import ExecutionMode
from tests.synth.models import function, workflow
from tests.synth.synthesis import (
    Json,
    as_list,
    flat,
    manifest_of,
    resources,
    statements,
    template_of,
    templates_of,
)

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
REGISTRY_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry-AbCdEf"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def ready(name: str, mode: ExecutionMode = ExecutionMode.LAMBDA) -> Json:
    one = function(image=f"{REGISTRY}/{name}", create_image=False, script=None, execution_mode=mode)
    return templates_of(workflow(one))["flow"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("tools/resize:1.2", "tools/resize:1.2"),
        (f"tools/resize@{DIGEST}", f"tools/resize@{DIGEST}"),
        (f"tools/resize:1.2@{DIGEST}", f"tools/resize@{DIGEST}"),
        ("resize", "resize:latest"),
    ],
)
def test_lambda_takes_a_ready_image_as_it_is(name: str, uri: str) -> None:
    (made,) = resources(ready(name), "AWS::Lambda::Function").values()
    registry = "123456789012.dkr.ecr.eu-west-1.<AWS::URLSuffix>"
    assert flat(made["Properties"]["Code"]["ImageUri"]) == f"{registry}/{uri}"


def test_a_job_takes_a_ready_image_as_it_is_and_may_pull_no_other() -> None:
    template = ready("tools/resize:1.2", ExecutionMode.BATCH)
    Template.from_json(template).has_resource_properties(
        "AWS::Batch::JobDefinition",
        {"ContainerProperties": {"Image": f"{REGISTRY}/tools/resize:1.2"}},
    )
    pulls = [one for _, one in statements(template) if one["Sid"] == "PullImage"]
    assert [flat(arn) for one in pulls for arn in as_list(one["Resource"])] == [
        "arn:<AWS::Partition>:ecr:eu-west-1:123456789012:repository/tools/resize"
    ]


def test_a_job_pulls_from_a_private_registry_with_a_secret_that_only_the_platform_reads() -> None:
    one = function(
        image="registry.example.com/tools/render:1",
        create_image=False,
        repository_credentials=REGISTRY_SECRET,
        execution_mode=ExecutionMode.BATCH,
    )
    template = templates_of(workflow(one))["flow"]
    Template.from_json(template).has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "Image": "registry.example.com/tools/render:1",
                "RepositoryCredentials": {"CredentialsParameter": REGISTRY_SECRET},
            }
        },
    )
    granted = {
        one["Sid"]: one["Resource"]
        for path, one in statements(template)
        if path.endswith("/ExecutionRole/Resource")
    }
    assert granted["ReadSecrets"] == REGISTRY_SECRET
    assert "PullImage" not in granted
    readers = [path for path, one in statements(template) if one["Sid"] == "ReadSecrets"]
    assert readers == ["flow/Functions/thumbnails/Job/ExecutionRole/Resource"]


def test_nothing_is_built_for_a_ready_image() -> None:
    one = function(image=f"{REGISTRY}/resize:1", create_image=False, script=None)
    assert "dockerImages" not in str(manifest_of(workflow(one)))
    template_of(workflow(one)).resource_count_is("AWS::Lambda::Function", 1)


def test_the_extra_payload_is_packed_with_its_folders_and_modes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".hidden").write_text("kept")
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "tool")
    with image_context("{}", tmp_path) as context:
        payload = context / "function" / "payload"
        assert (payload / "sub" / ".hidden").read_text() == "kept"
        assert not (payload / "link").is_symlink()
        modes = {path.name: path.stat().st_mode & 0o777 for path in payload.rglob("*")}
    assert modes == {"sub": 0o755, ".hidden": 0o644, "tool": 0o755, "link": 0o755}


def test_a_changed_payload_makes_another_image(tmp_path: Path) -> None:
    def image() -> str:
        template = templates_of(workflow(function(extra_payload=tmp_path)))["flow"]
        (made,) = resources(template, "AWS::Lambda::Function").values()
        return flat(made["Properties"]["Code"]["ImageUri"])

    (tmp_path / "labels").write_text("cat")
    first = image()
    assert image() == first
    (tmp_path / "labels").write_text("dog")
    assert image() != first
