"""The Lambda of a function, image or zip, with the options that the YAML file gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs.aws.package.lambda_package import LambdaPackage
from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.model import Architecture, Function

ARCHITECTURES = {
    Architecture.X86_64: lambda_.Architecture.X86_64,
    Architecture.ARM64: lambda_.Architecture.ARM_64,
}


def new_lambda(
    scope: Construct,
    construct_id: str,
    *,
    function: Function,
    package: LambdaPackage,
    environment: Mapping[str, str],
    role: iam.IRole,
    log_group: logs.ILogGroup,
) -> lambda_.Function:
    """A Lambda named as the function. `role` is used as it is: CDK adds nothing to it."""
    made = lambda_.Function(
        scope,
        construct_id,
        function_name=function.name,
        description=function.description or None,
        code=package.code,
        runtime=package.runtime,
        handler=package.handler,
        architecture=ARCHITECTURES[function.architecture],
        memory_size=function.memory_mib,
        timeout=Duration.seconds(function.timeout_seconds),
        ephemeral_storage_size=_disk(function),
        environment={**environment, **package.environment},
        reserved_concurrent_executions=function.concurrency,
        tracing=lambda_.Tracing.ACTIVE if function.tracing else None,
        log_group=log_group,
        role=role.without_policy_updates() if isinstance(role, iam.Role) else role,
    )
    resource = cast(lambda_.CfnFunction, made.node.default_child)
    _join_network(resource, function)
    _mount(resource, function)
    acknowledge(resource, _reasons(function))
    return made


def _disk(function: Function) -> Size | None:
    """Only where the script runs: the dispatcher writes nothing to its disk."""
    if not function.execution_mode.runs_on_lambda:
        return None
    return Size.mebibytes(function.ephemeral_storage_mib)


def _join_network(resource: lambda_.CfnFunction, function: Function) -> None:
    """By ids: the level-2 property takes a VPC object, and the user gave none."""
    if function.vpc:
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(function.vpc.subnet_ids),
            security_group_ids=list(function.vpc.security_group_ids),
        )


def _mount(resource: lambda_.CfnFunction, function: Function) -> None:
    """By ARN: the level-2 property takes an access point object with its file system.

    Only where the script runs; a dispatcher has no use for it.
    """
    if function.file_system and function.execution_mode.runs_on_lambda:
        resource.file_system_configs = [
            lambda_.CfnFunction.FileSystemConfigProperty(
                arn=function.file_system.access_point_arn,
                local_mount_path=function.file_system.mount_path,
            )
        ]


def _reasons(function: Function) -> dict[str, str]:
    destination = (
        "failed events go to the stack's failure queue through the OnFailure destination, which "
        "carries the cause as well"
    )
    reasons = {
        "Serverless-LambdaDLQ": destination,
        "CKV_AWS_173": "Lambda encrypts them with a key of its own; secrets are refused there",
    }
    for pack in ("NIST.800.53.R5", "HIPAA.Security"):
        reasons[f"{pack}-LambdaDLQ"] = destination
    if function.concurrency is None:
        for pack in ("NIST.800.53.R5", "HIPAA.Security"):
            reasons[f"{pack}-LambdaConcurrency"] = (
                "reserved concurrency takes from the account's pool and can make S3 events wait"
            )
    if not function.tracing:
        reasons["Serverless-LambdaTracing"] = (
            "tracing is paid by the trace; logs carry the request id"
        )
    if not function.vpc:
        for pack in STRICT_PACKS:
            reasons[f"{pack}-LambdaInsideVPC"] = (
                "it calls AWS APIs only; a VPC would cost addresses and bring no protection"
            )
    return reasons
