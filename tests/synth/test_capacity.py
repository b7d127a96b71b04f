"""The machines behind jobs: what each kind of capacity may and may not say."""

from __future__ import annotations

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.model import ComputeType, ExecutionMode, Function
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import flat, resources, template_of, templates_of


def jobs(**resources_: object) -> Function:
    return function(
        execution_mode=ExecutionMode.BATCH, batch=batch(compute_resources=compute(**resources_))
    )


@pytest.fixture(scope="module")
def ec2() -> Template:
    return template_of(workflow(jobs()))


@pytest.fixture(scope="module")
def fargate() -> Template:
    return template_of(workflow(jobs(type=ComputeType.FARGATE)))


def test_ec2_environment_can_be_updated_in_place(ec2: Template) -> None:
    ec2.has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {
            "Type": "MANAGED",
            "State": "ENABLED",
            "ServiceRole": Match.absent(),
            "ComputeEnvironmentName": Match.absent(),
            "Tags": Match.absent(),
            "ReplaceComputeEnvironment": False,
            "UpdatePolicy": {"TerminateJobsOnUpdate": False, "JobExecutionTimeoutMinutes": 60},
            "ComputeResources": {
                "Type": "EC2",
                "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
                "MinvCpus": 0,
                "DesiredvCpus": Match.absent(),
                "MaxvCpus": 2,
                "InstanceTypes": ["default_x86_64"],
                "Ec2Configuration": [{"ImageType": "ECS_AL2023"}],
                "UpdateToLatestImageVersion": True,
                "LaunchTemplate": {
                    "LaunchTemplateId": Match.any_value(),
                    "Version": {"Fn::GetAtt": [Match.any_value(), "LatestVersionNumber"]},
                },
                "Tags": Match.absent(),
            },
        },
    )


def test_vcpus_at_the_start_stand_in_the_template_only_if_the_user_says_them() -> None:
    template_of(workflow(jobs(desired_vcpus=4, max_vcpus=8))).has_resource_properties(
        "AWS::Batch::ComputeEnvironment", {"ComputeResources": {"DesiredvCpus": 4}}
    )


def test_hosts_have_guarded_credentials_and_an_encrypted_disk(ec2: Template) -> None:
    ec2.has_resource_properties(
        "AWS::EC2::LaunchTemplate",
        {
            "LaunchTemplateData": {
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                "BlockDeviceMappings": [
                    {
                        "DeviceName": "/dev/xvda",
                        "Ebs": Match.object_like(
                            {"Encrypted": True, "VolumeSize": 50, "VolumeType": "gp3"}
                        ),
                    }
                ],
            }
        },
    )


def test_jobs_that_can_never_run_leave_the_queue(ec2: Template) -> None:
    ec2.has_resource_properties(
        "AWS::Batch::JobQueue",
        {
            "JobQueueName": Match.absent(),
            "JobStateTimeLimitActions": [
                Match.object_like(
                    {
                        "Action": "CANCEL",
                        "State": "RUNNABLE",
                        "MaxTimeSeconds": 600,
                        "Reason": f"MISCONFIGURATION:{reason}",
                    }
                )
                for reason in ("COMPUTE_ENVIRONMENT_MAX_RESOURCE", "JOB_RESOURCE_REQUIREMENT")
            ],
        },
    )


def test_failed_jobs_are_reported_to_the_failure_queue(ec2: Template) -> None:
    ec2.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.batch"],
                "detail-type": ["Batch Job State Change"],
                "detail": {
                    "status": ["FAILED"],
                    "jobDefinition": [{"prefix": Match.any_value()}],
                },
            },
            "Targets": [
                Match.object_like(
                    {
                        "Arn": {
                            "Fn::GetAtt": [Match.string_like_regexp("FailuresServiceQueue"), "Arn"]
                        }
                    }
                )
            ],
        },
    )


def test_spot_takes_the_pools_least_likely_to_be_reclaimed() -> None:
    template_of(workflow(jobs(type=ComputeType.SPOT))).has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {
            "ComputeResources": {
                "Type": "SPOT",
                "AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
                "SpotIamFleetRole": Match.absent(),
            }
        },
    )


def test_fargate_says_nothing_of_machines(fargate: Template) -> None:
    (environment,) = fargate.find_resources("AWS::Batch::ComputeEnvironment").values()
    properties = environment["Properties"]
    assert set(properties["ComputeResources"]) == {
        "Type",
        "MaxvCpus",
        "Subnets",
        "SecurityGroupIds",
    }
    assert properties["ReplaceComputeEnvironment"] is True
    assert "UpdatePolicy" not in properties
    fargate.resource_count_is("AWS::EC2::LaunchTemplate", 0)
    fargate.resource_count_is("AWS::IAM::InstanceProfile", 0)


def test_gpu_jobs_run_on_a_machine_image_with_drivers() -> None:
    gpu = function(execution_mode=ExecutionMode.BATCH, batch=batch(gpus=2))
    template = template_of(workflow(gpu))
    template.has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {"ComputeResources": {"Ec2Configuration": [{"ImageType": "ECS_AL2023_NVIDIA"}]}},
    )
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "ResourceRequirements": Match.array_with([{"Type": "GPU", "Value": "2"}])
            }
        },
    )


def test_given_subnets_need_no_network_of_ours() -> None:
    template = template_of(
        workflow(jobs(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)))
    )
    template.resource_count_is("AWS::EC2::VPC", 0)
    template.has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {
            "ComputeResources": {
                "Subnets": ["subnet-0a1b2c3d"],
                "SecurityGroupIds": ["sg-0a1b2c3d"],
            }
        },
    )


def test_a_given_launch_template_and_role_are_used() -> None:
    template = template_of(
        workflow(jobs(launch_template_name="mine", instance_role="ecsInstanceRole"))
    )
    template.has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {
            "ComputeResources": {
                "LaunchTemplate": {"LaunchTemplateName": "mine", "Version": "$Latest"},
                "InstanceRole": "ecsInstanceRole",
            }
        },
    )
    template.resource_count_is("AWS::EC2::LaunchTemplate", 0)
    template.resource_count_is("AWS::IAM::InstanceProfile", 0)


def test_running_jobs_get_their_whole_time_when_hosts_are_replaced() -> None:
    week = batch(timeout_seconds=7 * 24 * 3600)
    template_of(
        workflow(function(execution_mode=ExecutionMode.BATCH, batch=week))
    ).has_resource_properties(
        "AWS::Batch::ComputeEnvironment",
        {"UpdatePolicy": {"JobExecutionTimeoutMinutes": 7200}},
    )


def test_two_functions_share_the_host_profile() -> None:
    two = workflow(
        function(name="one", execution_mode=ExecutionMode.BATCH, inputs=()),
        function(name="two", execution_mode=ExecutionMode.BATCH, inputs=()),
    )
    template = templates_of(two)["flow"]
    assert len(resources(template, "AWS::IAM::InstanceProfile")) == 1
    assert len(resources(template, "AWS::Batch::ComputeEnvironment")) == 2


def test_hosts_of_the_users_own_join_the_cluster_of_an_environment_that_says_nothing_of_them() -> (
    None
):
    own = function(execution_mode=ExecutionMode.BATCH, batch=batch(managed=False))
    template = templates_of(workflow(own))["flow"]
    (name,) = resources(template, "AWS::Batch::ComputeEnvironment")
    said = resources(template)[name]["Properties"]
    assert said == {"Type": "UNMANAGED", "State": "ENABLED", "ReplaceComputeEnvironment": False}
    (queue,) = resources(template, "AWS::Batch::JobQueue").values()
    assert "JobStateTimeLimitActions" not in queue["Properties"]
    made = {one["Type"] for one in resources(template).values()}
    assert not [one for one in made if one.startswith("AWS::EC2::") or "InstanceProfile" in one]
    (hint,) = (
        flat(one["Value"])
        for one in template["Outputs"].values()
        if "cluster for your own hosts of thumbnails" in one["Description"]
    )
    assert f"--compute-environments <{name}.ComputeEnvironmentArn> " in hint


def test_a_disabled_environment_is_deployed_disabled() -> None:
    template_of(
        workflow(function(execution_mode=ExecutionMode.BATCH, batch=batch(enabled=False)))
    ).has_resource_properties("AWS::Batch::ComputeEnvironment", {"State": "DISABLED"})
