"""The image of a function: what is built into it, and one that is used as it is."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from scar_constructs.aws.package.assets import image_context
from scar_constructs.installation import RUNTIME
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import NO_COMMAND, Command, ExecutionMode, Function
from tests.synth.models import function, workflow
from tests.synth.synthesis import (
    Json,
    as_list,
    flat,
    manifest_of,
    resources,
    statements,
    synthesise,
    template_of,
    templates_of,
)
from tests.unit.saved_images import docker_archive, file

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
REGISTRY_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry-AbCdEf"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def ready(
    name: str, mode: ExecutionMode = ExecutionMode.LAMBDA, command: Command = NO_COMMAND
) -> Json:
    one = function(
        image=f"{REGISTRY}/{name}",
        create_image=False,
        script=None,
        execution_mode=mode,
        own_command=command,
    )
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


def test_lambda_starts_a_ready_image_as_the_file_says() -> None:
    given = Command(entrypoint=("/bootstrap",), command=("resize.handler",))
    (made,) = resources(ready("tools", command=given), "AWS::Lambda::Function").values()
    config = {"EntryPoint": ["/bootstrap"], "Command": ["resize.handler"]}
    assert made["Properties"]["ImageConfig"] == config
    (plain,) = resources(ready("tools"), "AWS::Lambda::Function").values()
    assert "ImageConfig" not in plain["Properties"]


def test_a_job_starts_a_ready_image_as_the_file_says() -> None:
    template = ready("tools", ExecutionMode.BATCH, Command(command=("resize", "-v")))
    Template.from_json(template).has_resource_properties(
        "AWS::Batch::JobDefinition", {"ContainerProperties": {"Command": ["resize", "-v"]}}
    )


def test_a_derived_image_is_not_told_what_to_start() -> None:
    """The runtime is, by the configuration inside."""
    one = function(script=None, execution_mode=ExecutionMode.LAMBDA_BATCH)
    given = Command(entrypoint=("cowsay",), command=("moo",))
    template = templates_of(workflow(replace(one, own_command=given)))["flow"]
    assert "ImageConfig" not in json.dumps(template)
    (job,) = resources(template, "AWS::Batch::JobDefinition").values()
    assert "Command" not in job["Properties"]["ContainerProperties"]


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


def staged(tmp_path: Path, *functions: Function) -> list[Path]:
    """The image assets of these functions, in a new assembly."""
    synthesise(Application(stacks=(workflow(*functions),)), tmp_path)
    return sorted(path.parent for path in tmp_path.glob("asset.*/Dockerfile"))


def asset_manifest(outdir: Path) -> Json:
    manifest: Json = json.loads((outdir / "flow.assets.json").read_text())
    return manifest


def saved(path: Path, content: bytes = b"moo") -> Path:
    config = {"Env": ["PATH=/bin", 'PRICE="5$"'], "User": "7", "WorkingDir": "/work"}
    return docker_archive(path, [file("bin/cow", content, mode=0o755)], config=config)


def test_a_saved_image_is_the_base_that_is_built_upon(tmp_path: Path) -> None:
    one = function(image="", image_file=saved(tmp_path / "cow.tar"))
    (asset,) = staged(tmp_path / "out", one)
    (described,) = asset_manifest(tmp_path / "out")["dockerImages"].values()
    assert described["source"]["dockerBuildArgs"].keys() == {"RUNTIME_IMAGE"}
    assert described["source"]["platform"] == "linux/amd64"
    with tarfile.open(asset / "rootfs.tar") as root:
        assert root.getnames() == [".", "bin", "bin/cow"]
    before, _, after = (asset / "Dockerfile").read_text().partition("FROM scratch AS saved\n")
    assert before == (RUNTIME / "Dockerfile").read_text().partition("FROM ${BASE_IMAGE}\n")[0]
    assert after.startswith(
        'ADD rootfs.tar /\nENV PATH="/bin" \\\n    PRICE="\\"5\\$\\""\n'
        "WORKDIR /work\nUSER 7\nENTRYPOINT []\nCMD []\n\nFROM saved\nCOPY --from=runtime"
    )


def test_a_saved_image_is_unpacked_once_for_all_functions_and_synths(tmp_path: Path) -> None:
    image = saved(tmp_path / "cow.tar")
    functions = [
        function(name=name, image="", image_file=image, inputs=(), execution_mode=mode)
        for name, mode in (("one", ExecutionMode.LAMBDA), ("two", ExecutionMode.BATCH))
    ]
    first = [path / "rootfs.tar" for path in staged(tmp_path / "out", *functions)]
    assert len({path.stat().st_ino for path in first}) == 1
    written = first[0].stat()
    again = [path / "rootfs.tar" for path in staged(tmp_path / "out", *functions)]
    assert again == first
    assert (again[0].stat().st_ino, again[0].stat().st_mtime_ns) == (
        written.st_ino,
        written.st_mtime_ns,
    )


def test_another_saved_image_makes_another_asset(tmp_path: Path) -> None:
    image = tmp_path / "cow.tar"
    one = function(image="", image_file=saved(image))
    first = staged(tmp_path / "first", one)
    assert [path.name for path in staged(tmp_path / "same", one)] == [path.name for path in first]
    saved(image, b"MOO")
    assert [path.name for path in staged(tmp_path / "other", one)] != [path.name for path in first]


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
