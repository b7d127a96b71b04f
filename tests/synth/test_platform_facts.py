"""Facts of AWS that the local cloud cannot show, each held by what the templates say.

The table in docs/resources.md names the page of each fact and its test here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.model import ComputeType, ExecutionMode, FileSystem, Function, Vpc
from scar_constructs.model.limits import FARGATE_MEMORY_MIB
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import Json, as_list, flat, resources, statements, templates_of

ACCESS_POINT = (
    "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-0123456789abcdef0"
)
NETWORK = {"subnets": ("subnet-0a1b2c3d",), "security_group_ids": ("sg-0a1b2c3d",)}
FILES = FileSystem(
    access_point_arn=ACCESS_POINT, mount_path="/mnt/data", file_system_id="fs-0123456789abcdef0"
)


def jobs(type_: ComputeType, mode: ExecutionMode = ExecutionMode.BATCH, **changes: Any) -> Function:
    """A function whose jobs run on this kind of capacity, in given subnets."""
    return function(
        execution_mode=mode,
        tags={"team": "cows"},
        batch=batch(compute_resources=compute(type=type_, **NETWORK), **changes),
    )


def template(one: Function) -> Json:
    return templates_of(workflow(one, tags={"project": "farm"}))["flow"]


def only(made: Json, type_: str) -> Json:
    ((properties),) = (one["Properties"] for one in resources(made, type_).values())
    return dict(properties)


@cache
def template_of(kind: ComputeType) -> Json:
    """Of a function that says no more than the kind of capacity."""
    return template(jobs(kind))


def environment_of(kind: ComputeType) -> Json:
    return only(template_of(kind), "AWS::Batch::ComputeEnvironment")


def definition_of(kind: ComputeType) -> Json:
    return only(template_of(kind), "AWS::Batch::JobDefinition")


def definition(one: Function) -> Json:
    return only(template(one), "AWS::Batch::JobDefinition")


FARGATES = [ComputeType.FARGATE, ComputeType.FARGATE_SPOT]
HOSTS = [ComputeType.EC2, ComputeType.SPOT]


def test_a_gpu_job_needs_the_gpu_resource_and_an_image_of_hosts_with_drivers() -> None:
    made = template(jobs(ComputeType.EC2, gpus=2))
    job = only(made, "AWS::Batch::JobDefinition")["ContainerProperties"]
    assert {"Type": "GPU", "Value": "2"} in job["ResourceRequirements"]
    hosts = only(made, "AWS::Batch::ComputeEnvironment")["ComputeResources"]
    assert hosts["Ec2Configuration"] == [{"ImageType": "ECS_AL2023_NVIDIA"}]


@pytest.mark.parametrize("kind", HOSTS)
def test_batch_makes_no_new_environments_of_amazon_linux_2(kind: ComputeType) -> None:
    hosts = environment_of(kind)["ComputeResources"]["Ec2Configuration"]
    assert hosts == [{"ImageType": "ECS_AL2023"}]


@pytest.mark.parametrize("kind", FARGATES)
def test_a_fargate_environment_takes_nothing_that_is_said_of_hosts(kind: ComputeType) -> None:
    made = environment_of(kind)
    assert made["ComputeResources"].keys() == {*("Type", "MaxvCpus", "Subnets", "SecurityGroupIds")}
    assert not {"UpdatePolicy", "Tags"} & made.keys()


@pytest.mark.parametrize("kind", [*FARGATES, *HOSTS])
def test_a_changed_tag_would_replace_an_environment_so_none_has_any(kind: ComputeType) -> None:
    made = environment_of(kind)
    assert not {"Tags", "ComputeEnvironmentName"} & made.keys()
    assert "Tags" not in made["ComputeResources"]


@pytest.mark.parametrize("kind", FARGATES)
def test_a_fargate_job_in_a_public_subnet_needs_an_address_to_pull_its_image(
    kind: ComputeType,
) -> None:
    made = definition_of(kind)["ContainerProperties"]
    assert made["NetworkConfiguration"] == {"AssignPublicIp": "ENABLED"}
    assert made["RuntimePlatform"]["CpuArchitecture"] == "X86_64"
    assert flat(made["ExecutionRoleArn"])


@pytest.mark.parametrize("kind", HOSTS)
def test_a_job_on_hosts_must_say_nothing_of_addresses_platforms_and_disks(
    kind: ComputeType,
) -> None:
    made = definition(jobs(kind, ephemeral_storage_gib=30))["ContainerProperties"]
    assert not {"NetworkConfiguration", "RuntimePlatform", "EphemeralStorage"} & made.keys()


def test_fargate_has_certain_memories_for_each_number_of_vcpus() -> None:
    """API_ResourceRequirement: the ranges and steps in MiB, as the page gives them."""
    sizes = {
        0.25: (512, 1024, 2048),
        0.5: (1024, 2048, 3072, 4096),
        1: tuple(range(2048, 8193, 1024)),
        2: tuple(range(4096, 16385, 1024)),
        4: tuple(range(8192, 30721, 1024)),
        8: tuple(range(16384, 61441, 4096)),
        16: tuple(range(32768, 122881, 8192)),
    }
    assert sizes == FARGATE_MEMORY_MIB


@pytest.mark.parametrize("gib", [21, 200])
def test_fargate_disks_have_21_to_200_gib_and_20_is_said_by_silence(gib: int) -> None:
    made = definition(jobs(ComputeType.FARGATE, ephemeral_storage_gib=gib))["ContainerProperties"]
    assert made["EphemeralStorage"] == {"SizeInGiB": gib}
    silent = definition_of(ComputeType.FARGATE)["ContainerProperties"]
    assert "EphemeralStorage" not in silent


@pytest.mark.parametrize("kind", list(ComputeType))
def test_a_reclaimed_spot_machine_has_one_text_on_ec2_and_another_on_fargate(
    kind: ComputeType,
) -> None:
    strategy = definition_of(kind)["RetryStrategy"]
    retried = [
        one["OnStatusReason"]
        for one in strategy["EvaluateOnExit"]
        if one["Action"] == "RETRY" and "OnStatusReason" in one
    ]
    assert {"Host EC2*", "Your Spot Task was interrupted*"} <= set(retried)
    assert strategy["Attempts"] == 2


@pytest.mark.parametrize("kind", list(ComputeType))
def test_a_job_that_matches_no_entry_is_retried_so_the_last_of_five_ends_it(
    kind: ComputeType,
) -> None:
    entries = definition_of(kind)["RetryStrategy"]["EvaluateOnExit"]
    assert len(entries) <= 5
    assert entries[-1] == {"Action": "EXIT", "OnReason": "*"}
    assert [one["Action"] for one in entries].count("EXIT") == 1


def test_spot_without_best_fit_needs_no_fleet_role() -> None:
    made = environment_of(ComputeType.SPOT)["ComputeResources"]
    assert made["AllocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    assert "SpotIamFleetRole" not in made


@pytest.mark.parametrize("kind", HOSTS)
def test_an_environment_is_updated_in_place_only_by_the_service_s_own_role(
    kind: ComputeType,
) -> None:
    made = environment_of(kind)
    assert "ServiceRole" not in made
    assert made["ReplaceComputeEnvironment"] is False
    assert made["ComputeResources"]["AllocationStrategy"] != "BEST_FIT"


@pytest.mark.parametrize("kind", HOSTS)
def test_a_launch_template_without_a_version_stays_at_its_first(kind: ComputeType) -> None:
    made = environment_of(kind)["ComputeResources"]["LaunchTemplate"]
    assert flat(made["Version"]).endswith(".LatestVersionNumber>")


@pytest.mark.parametrize("kind", HOSTS)
def test_jobs_reach_the_role_of_their_host_so_it_serves_the_agent_on_clusters_of_batch_alone(
    kind: ComputeType,
) -> None:
    """No hop limit keeps a job from it: single-node jobs run in their host's network."""
    made = template_of(kind)
    ((path, role),) = (
        (one["Metadata"]["aws:cdk:path"], one["Properties"])
        for one in resources(made, "AWS::IAM::Role").values()
        if flat(one["Properties"]["Description"]).startswith("hosts of Batch jobs")
    )
    assert "ManagedPolicyArns" not in role
    rights = {
        (action, flat(one["Resource"]).replace("arn:<AWS::Partition>:ecs:<AWS::Region>:", ""))
        for where, one in statements(made)
        for action in as_list(one["Action"])
        if where == path
    }
    cluster = "<AWS::AccountId>:cluster/AWSBatch-*"
    host = "<AWS::AccountId>:container-instance/AWSBatch-*/*"
    assert rights == {
        ("ecs:DeregisterContainerInstance", cluster),
        ("ecs:RegisterContainerInstance", cluster),
        ("ecs:SubmitAttachmentStateChanges", cluster),
        ("ecs:SubmitContainerStateChange", cluster),
        ("ecs:SubmitTaskStateChange", cluster),
        ("ecs:Poll", host),
        ("ecs:StartTelemetrySession", host),
        ("ecs:UpdateContainerInstancesState", host),
        ("ecs:TagResource", host),
        ("ecs:DiscoverPollEndpoint", "*"),
    }


@pytest.mark.parametrize("kind", HOSTS)
def test_the_host_s_metadata_asks_for_a_token(kind: ComputeType) -> None:
    data = only(template_of(kind), "AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


@pytest.mark.parametrize("kind", [ComputeType.EC2, ComputeType.FARGATE])
def test_a_job_mounts_efs_by_its_id_with_the_access_point_and_its_role(kind: ComputeType) -> None:
    one = replace(jobs(kind), file_system=FILES)
    made = definition(one)["ContainerProperties"]
    assert made["MountPoints"] == [{"SourceVolume": "file-system", "ContainerPath": "/mnt/data"}]
    assert made["Volumes"] == [
        {
            "Name": "file-system",
            "EfsVolumeConfiguration": {
                "FileSystemId": "fs-0123456789abcdef0",
                "TransitEncryption": "ENABLED",
                "AuthorizationConfig": {
                    "AccessPointId": "fsap-0123456789abcdef0",
                    "Iam": "ENABLED",
                },
            },
        }
    ]


def test_whoever_mounts_efs_may_do_so_through_the_access_point_alone() -> None:
    one = replace(
        jobs(ComputeType.EC2, ExecutionMode.LAMBDA_BATCH),
        file_system=FILES,
        vpc=Vpc(subnet_ids=NETWORK["subnets"], security_group_ids=("sg-0a1b2c3d",)),
    )
    granted = {
        path.split("/")[3]: (flat(said["Resource"]).rpartition("/")[2], said["Condition"])
        for path, said in statements(template(one))
        if said["Sid"] == "MountFileSystem"
    }
    condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": ACCESS_POINT}}
    assert granted == dict.fromkeys(("Role", "Job"), ("fs-0123456789abcdef0", condition))


def test_lambda_mounts_efs_by_the_access_point_in_a_vpc_under_mnt() -> None:
    network = Vpc(subnet_ids=NETWORK["subnets"], security_group_ids=("sg-0a1b2c3d",))
    made = only(template(function(file_system=FILES, vpc=network)), "AWS::Lambda::Function")
    assert made["FileSystemConfigs"] == [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}]
    assert made["VpcConfig"]["SubnetIds"] == ["subnet-0a1b2c3d"]


def test_a_dispatcher_mounts_nothing() -> None:
    made = template(replace(jobs(ComputeType.EC2), file_system=FILES))
    assert "FileSystemConfigs" not in only(made, "AWS::Lambda::Function")
    mounting = [path for path, said in statements(made) if said["Sid"] == "MountFileSystem"]
    assert mounting == ["flow/Functions/thumbnails/Job/Role/Resource"]


def test_the_table_of_the_documents_names_each_of_these_tests() -> None:
    page = Path(__file__).parents[2] / "docs" / "resources.md"
    section = page.read_text(encoding="utf-8").partition("## What only AWS can show\n")[2]
    told = re.findall(r"`(test_\w+)` \|$", section.partition("\n## ")[0], re.M)
    here = {name for name in globals() if name.startswith("test_")}
    ours = {
        "test_a_dispatcher_mounts_nothing",
        "test_the_table_of_the_documents_names_each_of_these_tests",
    }
    assert set(told) == here - ours
