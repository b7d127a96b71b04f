"""Grants of least privilege: what a role may do follows from where the function's data flows.

A `Grant` is one statement with its reason. Where a resource ends in a wildcard, the reason is also
the acknowledgement of the finding, made from the same text as the policy, so that the two cannot
part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scar_constructs.language.grants import arns
from scar_constructs.model import FileSystem, Function, Input, Output, names

WRITES_ANYWHERE = "CKV_AWS_111"


@dataclass(frozen=True)
class Grant:
    """One statement of a role's policy, and why it is needed.

    `findings`: rules of checkov that the statement breaks for the same reason.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str
    conditions: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    @property
    def statement(self) -> dict[str, Any]:
        """As it stands in a policy document."""
        shown: dict[str, Any] = {
            "Action": list(self.actions),
            "Effect": "Allow",
            "Resource": list(self.resources),
            "Sid": self.sid,
        }
        return shown | ({"Condition": dict(self.conditions)} if self.conditions else {})


def read_inputs(function: Function) -> Iterator[Grant]:
    if resources := _objects(function.role_inputs):
        yield Grant(
            "ReadInputs",
            ("s3:GetObject", "s3:GetObjectVersion"),
            resources,
            "the keys of future input files are not known; the folder is",
        )


def write_outputs(function: Function) -> Iterator[Grant]:
    if resources := _objects(function.role_outputs):
        yield Grant(
            "WriteOutputs",
            # Reading: an attempt that follows one that died while publishing asks which outputs are
            # there, and does not write them, and so fire their events, a second time.
            ("s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"),
            resources,
            "the keys of future output files are not known; the folder is",
        )


def _objects(folders: Iterable[Input | Output]) -> tuple[str, ...]:
    """Everything under these folders, each once."""
    return tuple(dict.fromkeys(arns.objects_arn(one.bucket, one.folder) for one in folders))


def use_keys(function: Function, kms_keys: Mapping[str, str]) -> Iterator[Grant]:
    """Use of the keys of encrypted buckets. `kms_keys`: bucket name -> key ARN."""
    reads = {source.bucket for source in function.own_inputs}
    writes = {target.bucket for target in function.own_outputs}
    decrypt = tuple(sorted({kms_keys[name] for name in reads if name in kms_keys}))
    encrypt = tuple(sorted({kms_keys[name] for name in writes if name in kms_keys}))
    if decrypt:
        yield use_key("DecryptInputs", ("kms:Decrypt",), decrypt, ("s3",))
    if encrypt:
        # A multipart upload needs Decrypt as well:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
        yield use_key("EncryptOutputs", ("kms:GenerateDataKey", "kms:Decrypt"), encrypt, ("s3",))


def use_key(
    sid: str, actions: tuple[str, ...], keys: tuple[str, ...], services: tuple[str, ...]
) -> Grant:
    """Use of keys through these services of the keys' own regions, and in no other way.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    regions = sorted({key.split(":")[3] for key in keys})
    through = [f"{service}.{region}.*" for region in regions for service in services]
    return Grant(
        sid, actions, keys, "data under this key", {"StringLike": {"kms:ViaService": through}}
    )


def use_stack_key(key: str, services: tuple[str, ...]) -> Grant:
    """Use of the key under which the stack keeps all that is its own."""
    return use_key("UseStackKey", ("kms:Decrypt", "kms:GenerateDataKey"), (key,), services)


def use_spool(function: Function) -> Grant:
    return Grant(
        "UseSpool",
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        (f"{arns.SPOOL}/{function.name}/*",),
        "claims and job events are named by digests; the function's own folder is known",
    )


def list_arrivals(function: Function) -> Iterator[Grant]:
    """What a function needs that joins files: the names of marks, in its own part of the spool."""
    if function.join_input:
        yield Grant(
            "ListArrivals",
            ("s3:ListBucket",),
            (arns.SPOOL,),
            "which files of a group have arrived",
            {"StringLike": {"s3:prefix": f"{function.name}/joins/*"}},
        )


def read_runtime() -> Grant:
    """For the helper containers of a job, which bring the runtime to the image."""
    return Grant("ReadRuntime", ("s3:GetObject",), (arns.RUNTIME_ZIP,), "the zip of the runtime")


def submit_jobs(definition: str, share: str) -> Grant:
    """`definition`: name of the job definition, whose latest revision is submitted. The queue may
    have shares of other functions, which are not this one's to use.

    https://docs.aws.amazon.com/batch/latest/userguide/iam-example-share-identifier.html
    """
    return Grant(
        "SubmitJobs",
        ("batch:SubmitJob",),
        (arns.JOB_QUEUE, *arns.job_definition_arns(definition)),
        "each change of the job definition makes a new revision",
        {"StringEquals": {"batch:ShareIdentifier": share}},
    )


def invoke_itself(function: Function) -> Grant:
    """What a request with `X-Amz-Invocation-Type: Event` needs: it is taken up later."""
    return Grant(
        "InvokeItself",
        ("lambda:InvokeFunction",),
        (arns.function_arn(function.name),),
        "requests that nobody waits for",
    )


def send_failures() -> Grant:
    return Grant("SendFailures", ("sqs:SendMessage",), (arns.FAILURES,), "failed events are kept")


def receive_events(function: Function) -> Iterator[Grant]:
    """What Lambda asks of a role before it reads a queue for the function.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    if function.event_queue:
        yield Grant(
            "ReceiveEvents",
            ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
            (arns.queue_arn(names.event_queue(function.name)),),
            "its files come through this queue",
        )


def write_logs(log_group: str) -> Grant:
    return Grant(
        "WriteLogs",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        (arns.log_streams_arn(log_group),),
        "the platform makes up the names of the log streams of this one group",
    )


def write_flow_logs(log_group: str) -> Grant:
    return Grant(
        "WriteFlowLogs",
        ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        (arns.log_group_arn(log_group), arns.log_streams_arn(log_group)),
        "the platform makes up the names of the log streams of this one group",
    )


def pull_images(repository_arns: Iterable[str]) -> Iterator[Grant]:
    """Of repositories in ECR; nothing to be granted if there are none."""
    repositories = tuple(dict.fromkeys(repository_arns))
    if not repositories:
        return
    yield Grant(
        "PullImage",
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        repositories,
        "the repository of the image",
    )
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    yield Grant(
        "GetRegistryToken",
        ("ecr:GetAuthorizationToken",),
        ("*",),
        "ecr:GetAuthorizationToken knows no narrower resource than *",
    )


def send_traces() -> Grant:
    return Grant(
        "SendTraces",
        ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        ("*",),
        "X-Ray's write actions know no narrower resource than *",
        findings=(WRITES_ANYWHERE,),
    )


def join_network() -> Grant:
    """What Lambda asks of a role before it puts the function into a VPC.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    return Grant(
        "JoinNetwork",
        (
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ),
        ("*",),
        "Lambda refuses a function in a VPC whose role has these on anything narrower than *",
        findings=(WRITES_ANYWHERE,),
    )


def mount_file_system(file_system: FileSystem) -> Grant:
    """The access point is the condition; the file system itself may be unknown."""
    return Grant(
        "MountFileSystem",
        ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
        (arns.file_system_arn(file_system.file_system_id or "*"),),
        "the condition names the access point; the file system behind it is not in the YAML file",
        {"StringEquals": {"elasticfilesystem:AccessPointArn": file_system.access_point_arn}},
    )


def read_secrets(secret_arns: Iterable[str], kms_key: str | None) -> Iterator[Grant]:
    """Secrets of Secrets Manager and parameters of Systems Manager, by the ARNs of a job.

    A job may ask for one key of a secret (`ARN:key:stage:version`); the right is to the secret.
    They may be encrypted with the stack's key `kms_key`.
    """
    given = sorted(set(secret_arns))
    secrets = tuple(dict.fromkeys(_secret(arn) for arn in given if ":secretsmanager:" in arn))
    parameters = tuple(arn for arn in given if ":ssm:" in arn)
    if secrets:
        yield Grant("ReadSecrets", ("secretsmanager:GetSecretValue",), secrets, "the job's secrets")
    if parameters:
        yield Grant("ReadParameters", ("ssm:GetParameters",), parameters, "the job's parameters")
    if given and kms_key:
        yield use_key("DecryptSecrets", ("kms:Decrypt",), (kms_key,), ("secretsmanager", "ssm"))


def read_storage_secrets(function: Function, kms_key: str | None) -> Iterator[Grant]:
    """The credentials of the storage providers that the function uses, and no others."""
    for grant in read_secrets(function.storage_secrets, kms_key):
        sid = re.sub(r"^(Read|Decrypt)", r"\1Storage", grant.sid)
        yield replace(grant, sid=sid, reason="credentials of storage providers")


def _secret(arn: str) -> str:
    return ":".join(arn.split(":")[:7])
