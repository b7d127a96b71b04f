"""Options of a function that most leave alone: each in the template, and in the roles."""

from __future__ import annotations

from aws_cdk.assertions import Match, Template

from scar_constructs.model import (
    Architecture,
    ComputeType,
    ExecutionMode,
    FileSystem,
    Function,
    Input,
    Vpc,
)
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import Json, as_list, flat, resources, statements, templates_of

ROLE = "arn:aws:iam::111122223333:role/mine"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/token"
ACCESS_POINT = (
    "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-0123456789abcdef0"
)


def one(**changes: object) -> Json:
    return templates_of(workflow(function(**changes)))["flow"]


def by_sid(template: Json) -> dict[str, Json]:
    return {statement["Sid"]: statement for _, statement in statements(template)}


def jobs(name: str, **changes: object) -> Function:
    return function(
        name=name,
        execution_mode=ExecutionMode.BATCH,
        inputs=(Input(bucket="photos", folder=name),),
        batch=batch(**changes),
    )


def test_tracing() -> None:
    template = one(tracing=True)
    Template.from_json(template).has_resource_properties(
        "AWS::Lambda::Function", {"TracingConfig": {"Mode": "Active"}}
    )
    assert by_sid(template)["SendTraces"]["Resource"] == "*"


def test_reserved_concurrency() -> None:
    Template.from_json(one(concurrency=3)).has_resource_properties(
        "AWS::Lambda::Function", {"ReservedConcurrentExecutions": 3}
    )


def test_a_role_of_the_users_own_is_left_alone() -> None:
    template = one(role=ROLE)
    Template.from_json(template).has_resource_properties("AWS::Lambda::Function", {"Role": ROLE})
    assert resources(template, "AWS::IAM::Role", "AWS::IAM::Policy") == {}


def test_a_job_role_of_the_users_own_is_left_alone() -> None:
    template = templates_of(workflow(jobs("own", job_role=ROLE)))["flow"]
    Template.from_json(template).has_resource_properties(
        "AWS::Batch::JobDefinition", {"ContainerProperties": {"JobRoleArn": ROLE}}
    )
    roles = resources(template, "AWS::IAM::Role").values()
    paths = {role["Metadata"]["aws:cdk:path"] for role in roles}
    assert "flow/Functions/own/Job/Role/Resource" not in paths


def test_secrets_of_a_job_are_read_by_the_platform_and_not_by_the_script() -> None:
    wanted = {"PASSWORD": f"{SECRET}:password::", "USER": f"{SECRET}:user::", "TOKEN": PARAMETER}
    template = templates_of(workflow(jobs("secret", secrets=wanted)))["flow"]
    Template.from_json(template).has_resource_properties(
        "AWS::Batch::JobDefinition",
        {
            "ContainerProperties": {
                "Secrets": [{"Name": name, "ValueFrom": source} for name, source in wanted.items()]
            }
        },
    )
    readers = {
        path: statement["Resource"]
        for path, statement in statements(template)
        if statement["Sid"] in ("ReadSecrets", "ReadParameters")
        and statement["Action"] == "secretsmanager:GetSecretValue"
    }
    assert readers == {"flow/Functions/secret/Job/ExecutionRole/Resource": SECRET}
    assert by_sid(template)["ReadParameters"]["Resource"] == PARAMETER


def test_secrets_of_a_script_are_read_where_it_runs() -> None:
    wanted = {"PASSWORD": f"{SECRET}:password::", "TOKEN": PARAMETER}
    readers = {
        mode: {
            path.removeprefix("flow/Functions/thumbnails/").removesuffix("/Resource")
            for path, statement in statements(one(execution_mode=mode, secrets=wanted))
            if statement["Sid"] == "ReadSecrets" and statement["Resource"] == SECRET
        }
        for mode in ExecutionMode
    }
    assert readers == {
        ExecutionMode.LAMBDA: {"Role"},
        ExecutionMode.BATCH: {"Job/Role"},
        ExecutionMode.LAMBDA_BATCH: {"Role", "Job/Role"},
        ExecutionMode.AUTO: {"Role", "Job/Role"},
    }


def test_a_function_in_a_vpc_of_the_users() -> None:
    template = one(vpc=Vpc(subnet_ids=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)))
    Template.from_json(template).has_resource_properties(
        "AWS::Lambda::Function",
        {"VpcConfig": {"SubnetIds": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}},
    )
    assert "ec2:CreateNetworkInterface" in by_sid(template)["JoinNetwork"]["Action"]


def test_a_file_system() -> None:
    template = one(
        vpc=Vpc(subnet_ids=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
        file_system=FileSystem(access_point_arn=ACCESS_POINT, mount_path="/mnt/data"),
    )
    Template.from_json(template).has_resource_properties(
        "AWS::Lambda::Function",
        {"FileSystemConfigs": [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}]},
    )
    assert by_sid(template)["MountFileSystem"]["Condition"] == {
        "StringEquals": {"elasticfilesystem:AccessPointArn": ACCESS_POINT}
    }


def test_arm_everywhere() -> None:
    arm = function(
        architecture=Architecture.ARM64,
        execution_mode=ExecutionMode.LAMBDA_BATCH,
        batch=batch(compute_resources=compute(type=ComputeType.FARGATE)),
    )
    template = Template.from_json(templates_of(workflow(arm))["flow"])
    template.has_resource_properties("AWS::Lambda::Function", {"Architectures": ["arm64"]})
    template.has_resource_properties(
        "AWS::Batch::JobDefinition",
        {"ContainerProperties": {"RuntimePlatform": {"CpuArchitecture": "ARM64"}}},
    )


def test_the_dispatcher_needs_no_disk() -> None:
    template = one(execution_mode=ExecutionMode.BATCH, ephemeral_storage_mib=4096)
    Template.from_json(template).has_resource_properties(
        "AWS::Lambda::Function", {"EphemeralStorage": Match.absent()}
    )


def test_functions_that_name_one_environment_share_it() -> None:
    """The greediest decides: GPU drivers, the largest disk, patience for the longest job."""
    template = templates_of(
        workflow(
            jobs("small", compute_environment="pool", disk_gib=30, timeout_seconds=60),
            jobs("large", compute_environment="pool", disk_gib=300, gpus=1, timeout_seconds=36000),
            jobs("alone"),
        )
    )["flow"]
    environments = resources(template, "AWS::Batch::ComputeEnvironment")
    assert len(environments) == 2
    assert len(resources(template, "AWS::Batch::JobDefinition")) == 3
    (pool,) = (
        resource["Properties"]
        for resource in environments.values()
        if "/Capacities/pool/" in resource["Metadata"]["aws:cdk:path"]
    )
    assert pool["ComputeResources"]["Ec2Configuration"] == [{"ImageType": "ECS_AL2023_NVIDIA"}]
    assert pool["UpdatePolicy"]["JobExecutionTimeoutMinutes"] == 600
    queues = {
        statement["Sid"]: {flat(resource) for resource in as_list(statement["Resource"])}
        for path, statement in statements(template)
        if path == "flow/Functions/small/Role/Resource"
    }["SubmitJobs"]
    (shared_queue,) = (
        name
        for name, resource in resources(template, "AWS::Batch::JobQueue").items()
        if "/Capacities/pool/" in resource["Metadata"]["aws:cdk:path"]
    )
    assert f"<{shared_queue}.JobQueueArn>" in queues


def test_an_environment_does_not_change_with_the_order_of_its_functions() -> None:
    first = jobs("first", compute_environment="pool", gpus=1)
    second = jobs("second", compute_environment="pool", disk_gib=300)
    pools = [
        resources(templates_of(workflow(*order))["flow"], "AWS::Batch::ComputeEnvironment")
        for order in ((first, second), (second, first))
    ]
    assert pools[0] == pools[1]
