"""The job definition: limits, retries, logs, and what differs on Fargate."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.model import ComputeType, ExecutionMode, MultiNode
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import Json, resources, template_of, templates_of


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(
        workflow(
            function(
                execution_mode=ExecutionMode.BATCH,
                batch=batch(environment={"OMP_NUM_THREADS": "4"}),
            )
        )
    )


def test_a_job_over_several_hosts() -> None:
    one = function(
        execution_mode=ExecutionMode.BATCH,
        batch=batch(multi_node=MultiNode(nodes=4, main_node=1)),
    )
    template = template_of(workflow(one))
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "Type": "multinode",
            "ContainerProperties": Match.absent(),
            "NodeProperties": {
                "NumNodes": 4,
                "MainNode": 1,
                "NodeRangeProperties": [
                    {
                        "TargetNodes": "0:",
                        "Container": Match.object_like({"JobRoleArn": Match.any_value()}),
                    }
                ],
            },
        },
    )
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {"Environment": {"Variables": Match.object_like({"SCAR_JOB_NODES": "4"})}},
    )


def test_nodes_of_a_job_reach_each_other_and_nobody_else_reaches_them() -> None:
    one = function(
        execution_mode=ExecutionMode.BATCH,
        batch=batch(multi_node=MultiNode(nodes=2, main_node=0)),
    )
    template = templates_of(workflow(one))["flow"]
    (ingress,) = resources(template, "AWS::EC2::SecurityGroupIngress").values()
    (environment,) = resources(template, "AWS::Batch::ComputeEnvironment").values()
    (group,) = environment["Properties"]["ComputeResources"]["SecurityGroupIds"]
    assert ingress["Properties"]["GroupId"] == group
    assert ingress["Properties"]["SourceSecurityGroupId"] == group
    groups = resources(template, "AWS::EC2::SecurityGroup").values()
    assert not [one for one in groups if "SecurityGroupIngress" in one["Properties"]]


def test_the_latest_revision_runs_and_submitted_jobs_keep_theirs(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "Type": "container",
            "JobDefinitionName": "thumbnails",
            "PlatformCapabilities": ["EC2"],
            "ResourceRetentionPolicy": {"SkipDeregisterOnUpdate": True},
        },
    )


def test_a_job_always_ends(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition", {"Timeout": {"AttemptDurationSeconds": 3600}}
    )


def test_the_platforms_failures_are_retried_and_the_scripts_are_not(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "RetryStrategy": {
                "Attempts": 2,
                "EvaluateOnExit": [
                    {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
                    {"Action": "RETRY", "OnStatusReason": "Your Spot Task was interrupted*"},
                    {"Action": "RETRY", "OnStatusReason": "Task failed to start*"},
                    {"Action": "RETRY", "OnReason": "DockerTimeoutError*"},
                    {"Action": "EXIT", "OnReason": "*"},
                ],
            }
        },
    )


def test_the_container_knows_the_region_the_spool_and_the_users_variables(
    template: Template,
) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "Command": Match.absent(),
                "Environment": [
                    {"Name": "AWS_DEFAULT_REGION", "Value": {"Ref": "AWS::Region"}},
                    {"Name": "OMP_NUM_THREADS", "Value": "4"},
                    {"Name": "SCAR_SPOOL_BUCKET", "Value": {"Ref": Match.any_value()}},
                ],
                "ResourceRequirements": [
                    {"Type": "VCPU", "Value": "1"},
                    {"Type": "MEMORY", "Value": "1024"},
                ],
            }
        },
    )


def test_logs_go_to_the_functions_own_group(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Logs::LogGroup", {"LogGroupName": "/scar/batch/thumbnails", "RetentionInDays": 30}
    )
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "LogConfiguration": {
                    "LogDriver": "awslogs",
                    "Options": {
                        "awslogs-group": {"Ref": Match.string_like_regexp("JobLogGroup")},
                        "awslogs-region": {"Ref": "AWS::Region"},
                        "awslogs-stream-prefix": "thumbnails",
                    },
                }
            }
        },
    )


def test_the_script_and_the_platform_have_roles_of_their_own(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "JobRoleArn": {"Fn::GetAtt": [Match.string_like_regexp("JobRole"), "Arn"]},
                "ExecutionRoleArn": {
                    "Fn::GetAtt": [Match.string_like_regexp("JobExecutionRole"), "Arn"]
                },
            }
        },
    )


@pytest.mark.parametrize(
    ("ephemeral_storage_gib", "storage"),
    [(None, Match.absent()), (100, {"SizeInGiB": 100})],
    ids=["the default", "more"],
)
def test_fargate(ephemeral_storage_gib: int | None, storage: object) -> None:
    small = batch(
        vcpus=0.25,
        memory_mib=512,
        ephemeral_storage_gib=ephemeral_storage_gib,
        compute_resources=compute(type=ComputeType.FARGATE_SPOT),
    )
    template_of(
        workflow(function(execution_mode=ExecutionMode.BATCH, batch=small))
    ).has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "PlatformCapabilities": ["FARGATE"],
            "ContainerProperties": {
                "ResourceRequirements": [
                    {"Type": "VCPU", "Value": "0.25"},
                    {"Type": "MEMORY", "Value": "512"},
                ],
                "NetworkConfiguration": {"AssignPublicIp": "ENABLED"},
                "EphemeralStorage": storage,
                "RuntimePlatform": {
                    "CpuArchitecture": "X86_64",
                    "OperatingSystemFamily": "LINUX",
                },
            },
        },
    )


def test_ec2_jobs_have_no_properties_of_fargate(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "NetworkConfiguration": Match.absent(),
                "EphemeralStorage": Match.absent(),
                "RuntimePlatform": Match.absent(),
            }
        },
    )


KERNEL = {"shared_memory_mib": 512, "ulimits": {"nofile": 65536, "memlock": -1}}
ASKED = {
    "LinuxParameters": {"SharedMemorySize": 512},
    "Ulimits": [
        {"Name": "nofile", "SoftLimit": 65536, "HardLimit": 65536},
        {"Name": "memlock", "SoftLimit": -1, "HardLimit": -1},
    ],
}


def containers_of(**changes: Any) -> dict[str, Json]:
    """The containers of the only job definition, by name."""
    one = function(execution_mode=ExecutionMode.BATCH, **changes)
    made = templates_of(workflow(one))["flow"]
    ((definition),) = (
        one["Properties"] for one in resources(made, "AWS::Batch::JobDefinition").values()
    )
    if "EcsProperties" in definition:
        (task,) = definition["EcsProperties"]["TaskProperties"]
        return {one["Name"]: one for one in task["Containers"]}
    if "NodeProperties" in definition:
        (nodes,) = definition["NodeProperties"]["NodeRangeProperties"]
        return {"nodes": nodes["Container"]}
    return {"job": definition["ContainerProperties"]}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"batch": batch(**KERNEL)}, "job"),
        ({"batch": batch(**KERNEL, multi_node=MultiNode(nodes=2, main_node=0))}, "nodes"),
        ({"batch": batch(**KERNEL), "build": False}, "program"),
    ],
    ids=["built", "over several hosts", "as it is"],
)
def test_the_script_s_container_and_no_other_gets_shared_memory_and_limits(
    changes: dict[str, Any], name: str
) -> None:
    for found, container in containers_of(**changes).items():
        asked = {key: container.get(key) for key in ASKED}
        assert asked == (ASKED if found == name else dict.fromkeys(ASKED)), found
