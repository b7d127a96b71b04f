"""A job whose image nothing is put into: three containers, and nothing to build or push."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.aws.flags import new_app
from scar_constructs.aws.stack import WorkflowStack
from scar_constructs.model import NO_COMMAND, Command, ComputeType, ExecutionMode
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import Json, manifest_of, resources, template_of

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"
KINDS = (ComputeType.EC2, ComputeType.FARGATE)


def staged(**changes: Any) -> Any:
    return workflow(function(execution_mode=ExecutionMode.BATCH, build=False, **changes))


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(staged(secrets={"TOKEN": SECRET}))


def task(template: Template) -> Json:
    (definition,) = resources(template.to_json(), "AWS::Batch::JobDefinition").values()
    (found,) = definition["Properties"]["EcsProperties"]["TaskProperties"]
    return dict(found)


def containers(template: Template) -> dict[str, Json]:
    return {container["Name"]: container for container in task(template)["Containers"]}


def test_nothing_is_built(template: Template) -> None:
    types = {entry["type"] for entry in manifest_of(staged())["artifacts"].values()}
    assert "cdk:asset-manifest" in types
    assert "ContainerProperties" not in json.dumps(template.to_json())
    assert containers(template)["program"]["Image"] == "debian:trixie-slim"
    assert "container-assets" not in json.dumps(template.to_json())


def test_each_container_waits_for_the_one_before_and_only_the_last_is_essential(
    template: Template,
) -> None:
    """ECS refuses SUCCESS and COMPLETE on essential containers, and ends the task when one ends."""
    found = containers(template)
    assert list(found) == ["stage-in", "program", "stage-out"]
    assert {name: one["Essential"] for name, one in found.items()} == {
        "stage-in": False,
        "program": False,
        "stage-out": True,
    }
    assert "DependsOn" not in found["stage-in"]
    assert found["program"]["DependsOn"] == [{"ContainerName": "stage-in", "Condition": "SUCCESS"}]
    assert found["stage-out"]["DependsOn"] == [
        {"ContainerName": "program", "Condition": "COMPLETE"}
    ]


def test_they_share_a_volume_where_scripts_know_their_folder(template: Template) -> None:
    assert task(template)["Volumes"] == [{"Name": "work"}]
    mounted = [{"ContainerPath": "/tmp", "SourceVolume": "work"}]
    assert all(one["MountPoints"] == mounted for one in containers(template).values())


@pytest.mark.parametrize("kind", KINDS)
def test_sizes(kind: ComputeType) -> None:
    """On Fargate the pair that it knows is that of all; on EC2 the helpers come on top."""
    wanted = batch(vcpus=1, memory_mib=2048, compute_resources=compute(type=kind))
    sizes = {
        name: {one["Type"]: float(one["Value"]) for one in container["ResourceRequirements"]}
        for name, container in containers(template_of(staged(batch=wanted))).items()
    }
    assert sizes["stage-in"] == sizes["stage-out"]
    total = {kind: sum(size[kind] for size in sizes.values()) for kind in ("VCPU", "MEMORY")}
    if kind is ComputeType.FARGATE:
        assert (round(total["VCPU"], 3), total["MEMORY"]) == (1, 2048)
    else:
        assert sizes["program"] == {"VCPU": 1, "MEMORY": 2048}
        assert all(size["VCPU"].is_integer() for size in sizes.values())


def test_gpus_are_the_program_s() -> None:
    found = containers(template_of(staged(batch=batch(gpus=2))))
    kinds = {
        name: {one["Type"] for one in container["ResourceRequirements"]}
        for name, container in found.items()
    }
    assert kinds["program"] == {"VCPU", "MEMORY", "GPU"}
    assert kinds["stage-in"] == kinds["stage-out"] == {"VCPU", "MEMORY"}


def test_the_role_reads_the_zip_and_the_platform_the_secrets(template: Template) -> None:
    roles = {
        key: json.dumps(value["Properties"].get("Policies", ""))
        for key, value in resources(template.to_json(), "AWS::IAM::Role").items()
    }
    (script,) = [text for key, text in roles.items() if "JobRole" in key]
    (platform,) = [text for key, text in roles.items() if "ExecutionRole" in key]
    assert '"Sid": "ReadRuntime"' in script
    assert SECRET not in script
    assert SECRET in platform
    assert "ecr:" not in platform
    secrets = containers(template)["program"]["Secrets"]
    assert secrets == [{"Name": "TOKEN", "ValueFrom": SECRET}]


def test_a_copy_of_the_helper_image_in_ecr_may_be_pulled() -> None:
    stack = WorkflowStack(
        new_app(),
        "flow",
        workflow=staged(image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"),
        helper_image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/copies/python:3.13",
    )
    template = Template.from_stack(stack)
    assert containers(template)["stage-in"]["Image"].endswith("/copies/python:3.13")
    (platform,) = [
        json.dumps(value["Properties"].get("Policies", ""))
        for key, value in resources(template.to_json(), "AWS::IAM::Role").items()
        if "ExecutionRole" in key
    ]
    assert ":ecr:eu-west-1:123456789012:repository/mine" in platform
    assert ":ecr:eu-west-1:123456789012:repository/copies/python" in platform


def test_the_dispatcher_tells_the_helpers_of_the_event(template: Template) -> None:
    variables = {"SCAR_JOB_CONTAINERS": "stage-in stage-out"}
    template.has_resource_properties(
        "AWS::Lambda::Function", {"Environment": {"Variables": Match.object_like(variables)}}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_definition_fits(kind: ComputeType) -> None:
    """24 KiB: https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"""
    wanted = batch(
        environment={"X": "x" * 8_191},
        secrets={f"SECRET_{number}": SECRET for number in range(20)},
        compute_resources=compute(type=kind),
    )
    (definition,) = resources(
        template_of(staged(batch=wanted)).to_json(), "AWS::Batch::JobDefinition"
    ).values()
    assert len(json.dumps(definition["Properties"])) < 24 * 1024


@pytest.mark.parametrize(
    ("given", "words"),
    [(NO_COMMAND, None), (Command(command=("serve", "-v")), ["serve", "-v"])],
    ids=["the image's own", "the file's"],
)
def test_without_a_script_the_image_runs_its_own_command(
    given: Command, words: list[str] | None
) -> None:
    """What the lock file knows of the image is not repeated: the image has it."""
    known = Command(entrypoint=("tini", "--"), command=("known",))
    changes = {"own_command": given, "image_command": known, "environment": {"LEVEL": "3"}}
    program = containers(template_of(staged(script=None, **changes)))["program"]
    assert program.get("Command") == words
    assert {"Name": "LEVEL", "Value": "3"} in program["Environment"]


def test_a_script_finds_the_function_s_variables_in_the_launcher() -> None:
    program = containers(template_of(staged(environment={"LEVEL": "3"})))["program"]
    assert program["Command"] == ["/bin/sh", "/tmp/.scar/start"]
    assert "LEVEL" not in json.dumps(program["Environment"])
