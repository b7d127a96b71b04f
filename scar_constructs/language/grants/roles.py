"""The roles of a function and of what belongs to it: which grants each has.

A construct makes its role of what stands here; what a grant's ARN leaves open is a placeholder of
`arns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from scar_constructs.language.grants import arns, statements
from scar_constructs.language.grants.statements import WRITES_ANYWHERE, Grant
from scar_constructs.language.keys.ecr import ECR_IMAGE
from scar_constructs.language.workflow.shares import share_identifier
from scar_constructs.model import BucketSettings, Function, names


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the grants of a function depend on beside the function.

    `bucket_keys`: bucket -> ARN of its key. `stack_key`: the key of what the stack keeps for
    itself. `helper_image`: what the helpers of a job run whose image is not built upon.
    """

    bucket_keys: Mapping[str, str] = field(default_factory=dict)
    stack_key: str | None = None
    helper_image: str = ""


def lambda_role(function: Function, around: Surroundings) -> Iterator[Grant]:
    """What the function's Lambda may do."""
    yield from _service_grants(function, around)
    yield statements.use_spool(function)
    yield from statements.list_arrivals(function)
    if function.execution_mode.runs_on_lambda:
        yield from _move_files(function, around)
        yield from statements.read_secrets(function.secrets.values(), around.stack_key)
        yield from statements.read_storage_secrets(function, around.stack_key)
        if function.api:
            yield statements.invoke_itself(function)
    else:
        yield from _look_at_parts(function, around)
    if function.execution_mode.runs_on_batch:
        yield statements.submit_jobs(function.name, share_identifier(function.name))
    yield from statements.receive_events(function)


def _service_grants(function: Function, around: Surroundings) -> Iterator[Grant]:
    """What the Lambda needs to be there, to log, and to report failures."""
    yield statements.write_logs(names.lambda_log_group(function.name))
    yield statements.send_failures()
    if around.stack_key:
        yield statements.use_stack_key(around.stack_key, ("s3", "sqs"))
    if function.tracing:
        yield statements.send_traces()
    if function.vpc:
        yield statements.join_network()
    if function.file_system and function.execution_mode.runs_on_lambda:
        yield statements.mount_file_system(function.file_system)


def _move_files(function: Function, around: Surroundings) -> Iterator[Grant]:
    yield from statements.read_inputs(function)
    yield from statements.write_outputs(function)
    yield from statements.use_keys(function, around.bucket_keys)


def _look_at_parts(function: Function, around: Surroundings) -> Iterator[Grant]:
    """A dispatcher asks for the metadata of files that it joins by where they come from."""
    source = function.join_input
    if source and source.join and source.join.of:
        joined = replace(function, inputs=(source,), outputs=())
        yield from _move_files(joined, around)


def job_role(function: Function, around: Surroundings) -> Iterator[Grant]:
    """What the script of a job may do."""
    key = around.stack_key
    yield from _move_files(function, around)
    if has_helpers(function):
        yield statements.read_runtime()
    else:
        yield from statements.read_secrets(function.secrets.values(), key)
    yield from statements.read_storage_secrets(function, key)
    yield statements.use_spool(function)
    yield from statements.list_arrivals(function)
    if function.file_system:
        yield statements.mount_file_system(function.file_system)
    if key:
        yield statements.use_stack_key(key, ("s3",))


def execution_role(function: Function, around: Surroundings) -> Iterator[Grant]:
    """What the platform needs before the script of a job runs."""
    helped = has_helpers(function)
    repositories = [_repository(function), ecr_repository(around.helper_image) if helped else None]
    yield from statements.pull_images(arn for arn in repositories if arn)
    yield statements.write_logs(names.job_log_group(function.name))
    registry = function.repository_credentials
    secrets = [*function.batch.secrets.values(), *([registry] if registry else [])]
    if helped:
        secrets += function.secrets.values()
    yield from statements.read_secrets(secrets, around.stack_key)


def has_helpers(function: Function) -> bool:
    """Whether helper containers bring the runtime to the image of a job."""
    return not function.build


def _repository(function: Function) -> str | None:
    """The repository in ECR that its image is pulled from."""
    if function.is_derived:
        return arns.IMAGE_REPOSITORY
    return ecr_repository(function.image)


def ecr_repository(image: str) -> str | None:
    """The ARN of the repository in ECR that an image is in, if it is in ECR."""
    found = ECR_IMAGE.fullmatch(image)
    if not found:
        return None
    return arns.repository_arn(found["region"], found["account"], found["name"])


def function_roles(function: Function, around: Surroundings) -> dict[str, tuple[Grant, ...]]:
    """The roles that are made for a function: role -> its grants, in the order of the template. A
    role that the user names is not made."""
    roles: dict[str, Iterable[Grant]] = {}
    in_jobs = function.execution_mode.runs_on_batch
    if in_jobs and not function.batch.job_role:
        roles["job"] = job_role(function, around)
    if in_jobs:
        roles["job execution"] = execution_role(function, around)
    if not function.role:
        roles["Lambda"] = lambda_role(function, around)
    return {name: tuple(grants) for name, grants in roles.items()}


def copy_objects(name: str, target: str, settings: BucketSettings) -> list[Grant]:
    """What S3 needs to copy each new object of the bucket `name` to the bucket `target`."""
    return [*_read_objects(name, settings), *_write_copies(target, settings)]


def _read_objects(name: str, settings: BucketSettings) -> list[Grant]:
    reason = "every object of the bucket is copied"
    grants = [
        Grant(
            "ReadBucket",
            ("s3:GetReplicationConfiguration", "s3:ListBucket"),
            (arns.bucket_arn(name),),
            reason,
        ),
        Grant(
            "ReadVersions",
            (
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ),
            (arns.objects_arn(name, ""),),
            reason,
        ),
    ]
    if settings.kms_key:
        grants.append(
            statements.use_key("DecryptObjects", ("kms:Decrypt",), (settings.kms_key,), ("s3",))
        )
    return grants


def _write_copies(target: str, settings: BucketSettings) -> list[Grant]:
    grants = [
        Grant(
            "WriteCopies",
            ("s3:ReplicateObject", "s3:ReplicateTags"),
            (arns.objects_arn(target, ""),),
            "copies have the keys of their objects",
        )
    ]
    if settings.kms_key and settings.replica_kms_key:
        grants.append(
            statements.use_key(
                "EncryptCopies", ("kms:Encrypt",), (settings.replica_kms_key,), ("s3",)
            )
        )
    return grants


BATCH_CLUSTERS = "AWSBatch-*"
"""Batch names the cluster of an environment AWSBatch-ENVIRONMENT-UUID, and makes it itself."""

JOIN = (
    "ecs:DeregisterContainerInstance",
    "ecs:RegisterContainerInstance",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
)
"""What a host does to its cluster."""


def run_agent() -> Iterator[Grant]:
    """Of the managed policy for container instances what an agent needs whose cluster is there.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
    """
    cluster = arns.ecs_arn("cluster", BATCH_CLUSTERS)
    host = arns.ecs_arn("container-instance", f"{BATCH_CLUSTERS}/*")
    unknown = "Batch makes the cluster with the compute environment, and names it"
    yield Grant("JoinCluster", JOIN, (cluster,), unknown)
    yield Grant(
        "TakeOrders",
        ("ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"),
        (host,),
        unknown,
    )
    yield Grant(
        "TagItself",
        ("ecs:TagResource",),
        (host,),
        unknown,
        {"StringEquals": {"ecs:CreateAction": "RegisterContainerInstance"}},
    )
    yield Grant(
        "FindEndpoint",
        ("ecs:DiscoverPollEndpoint",),
        ("*",),
        "the action tells an address, and knows no narrower resource than *",
        findings=(WRITES_ANYWHERE,),
    )
