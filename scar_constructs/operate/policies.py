"""The least policies of people and pipelines, derived from an application without an account.

Names that CloudFormation makes up are matched by what it never cuts: it keeps at least 25
characters of the stack's name and of the logical id (see `emulator.generated_names`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scar_constructs.language.workflow.join import Application
from scar_constructs.model import ApiAuth, Function
from scar_constructs.model.names import event_queue, job_log_group, lambda_log_group

KEPT_LETTERS = 20
QUALIFIER = "hnb659fds"
"""That of `cdk bootstrap`: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html"""
_CDK_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
POLICY_MAX_LETTERS = 6_144
"""Of a managed policy, white space not counted:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

Statement = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where the workflows are; `*` for what is not said."""

    account: str = "*"
    region: str = "*"

    @property
    def partition(self) -> str:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
        for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(start):
                return partition
        return "aws"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """Of a service without regions."""
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def objects(self, bucket: str, folder: str) -> str:
        start = f"{folder}/" if folder else ""
        return f"arn:{self.partition}:s3:::{bucket}/{start}*"


def policy(kind: str, application: Application, place: Place) -> Mapping[str, Any]:
    """The policy of somebody who may `deploy`, `operate` or only `read` these workflows."""
    statements = list(KINDS[kind](application, place))
    return {"Version": "2012-10-17", "Statement": statements}


def _deploy(application: Application, place: Place) -> Iterator[Statement]:
    """The CDK's own roles do the work, and are what makes this powerful: see docs/operate.md."""
    roles = [
        place.global_arn("iam", f"role/cdk-{QUALIFIER}-{role}-role-{place.account}-{place.region}")
        for role in _CDK_ROLES
    ]
    yield _allow("UseTheRolesOfTheCdk", ["sts:AssumeRole"], roles)
    yield _allow(
        "ReadTheVersionOfTheBootstrap",
        ["ssm:GetParameter"],
        [place.arn("ssm", f"parameter/cdk-bootstrap/{QUALIFIER}/version")],
    )
    yield from _stacks(application, place)
    yield _allow("RemoveStacks", ["cloudformation:DeleteStack"], _stack_arns(application, place))


def _read(application: Application, place: Place) -> Iterator[Statement]:
    functions = _functions(application)
    yield from _stacks(application, place)
    groups = [
        place.arn("logs", f"log-group:{group}{end}")
        for one in functions
        for group in (lambda_log_group(one.name), job_log_group(one.name))
        if one.execution_mode.runs_on_batch or group == lambda_log_group(one.name)
        for end in ("", ":*")
    ]
    actions = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
    yield _allow("ReadLogs", actions, groups)
    yield _allow("ReadFunctions", ["lambda:GetFunctionConfiguration"], _arns(functions, place))
    yield _allow(
        # These know no narrower resource:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
        "ReadJobsAndMetrics",
        ["batch:DescribeJobs", "batch:ListJobs", "cloudwatch:GetMetricStatistics"],
        ["*"],
    )
    yield _allow("CountFailures", ["sqs:GetQueueAttributes"], _failure_queues(application, place))
    if queues := [place.arn("sqs", event_queue(one.name)) for one in functions if one.event_queue]:
        yield _allow("CountGathered", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], queues)
    yield _allow("ReadDocuments", ["s3:GetObject"], [_documents(place)])
    yield from _files(functions, place)
    yield from _marks(functions, place)
    if keys := _keys(application):
        yield _allow("DecryptFiles", ["kms:Decrypt"], keys)


def _documents(place: Place) -> str:
    """What stacks were made of, for `scar review --deployed`: assets named by their hashes, beside
    the templates, which have no secrets either."""
    bucket = f"cdk-{QUALIFIER}-assets-{place.account}-{place.region}"
    return f"arn:{place.partition}:s3:::{bucket}/*.json"


def _operate(application: Application, place: Place) -> Iterator[Statement]:
    functions = _functions(application)
    yield from _read(application, place)
    yield _allow("CallFunctions", ["lambda:InvokeFunction"], _arns(functions, place))
    inputs = sorted(
        {place.objects(one.bucket, one.folder) for f in functions for one in f.own_inputs}
    )
    if inputs:
        yield _allow("UploadInputs", ["s3:PutObject", "s3:AbortMultipartUpload"], inputs)
    if keys := _keys(application):
        yield _allow("EncryptFiles", ["kms:GenerateDataKey"], keys)
    yield _allow(
        "TakeFailures",
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
        _failure_queues(application, place),
    )
    # The spool bucket has a name that CloudFormation makes up; the folders are the functions'.
    documents = [
        f"arn:{place.partition}:s3:::*/{one.name}/{folder}/*"
        for one in functions
        if one.execution_mode.runs_on_batch
        for folder in ("claims", "jobs", *(["bursts"] if one.burst else []))
    ]
    if documents:
        yield _allow("ReleaseClaims", ["s3:GetObject", "s3:PutObject"], documents)
    yield _allow(
        "KnowSenders",
        ["iam:GetRole"],
        [
            place.global_arn("iam", f"role/{stack.name[:KEPT_LETTERS]}*-Functions*")
            for stack in application.stacks
        ],
    )
    yield from _addresses(functions, place)


def _addresses(functions: list[Function], place: Place) -> Iterator[Statement]:
    """The ids of APIs and keys are AWS's; stage, method and path are known."""
    apis = [one.api for one in functions if one.api]
    if signed := [api for api in apis if api.auth is ApiAuth.IAM]:
        methods = sorted({f"*/{api.stage}/{_method(api.method)}/*" for api in signed})
        arns = [place.arn("execute-api", method) for method in methods]
        yield _allow("CallAddresses", ["execute-api:Invoke"], arns)
    if any(api.auth is ApiAuth.API_KEY for api in apis):
        arn = f"arn:{place.partition}:apigateway:{place.region}::/apikeys/*"
        yield _allow("ReadKeys", ["apigateway:GET"], [arn])


def _method(method: str) -> str:
    return "*" if method == "ANY" else method


def _stacks(application: Application, place: Place) -> Iterator[Statement]:
    # Without a name, which is how all are found, it knows no narrower resource.
    yield _allow("ListStacks", ["cloudformation:DescribeStacks"], ["*"])
    actions = ["cloudformation:GetTemplate", "cloudformation:ListStackResources"]
    yield _allow("ReadStacks", actions, _stack_arns(application, place))


def _files(functions: list[Function], place: Place) -> Iterator[Statement]:
    folders = {(one.bucket, one.folder) for f in functions for one in f.own_inputs}
    folders |= {(one.bucket, one.folder) for f in functions for one in f.own_outputs}
    if folders:
        objects = sorted(place.objects(bucket, folder) for bucket, folder in folders)
        yield _allow("ReadFiles", ["s3:GetObject", "s3:GetObjectVersion"], objects)
        buckets = sorted({f"arn:{place.partition}:s3:::{bucket}" for bucket, _ in folders})
        yield _allow("ListFiles", ["s3:ListBucket"], buckets)


def _marks(functions: list[Function], place: Place) -> Iterator[Statement]:
    """How far groups of files have come that functions join."""
    names = [one.name for one in functions if one.join_input]
    if names:
        spools = f"arn:{place.partition}:s3:::*"  # their names are made up, the folders are known
        prefixes = [f"{name}/joins/*" for name in names]
        listed = _allow("ListArrivals", ["s3:ListBucket"], [spools])
        yield {**listed, "Condition": {"StringLike": {"s3:prefix": prefixes}}}
        yield _allow("ReadArrivals", ["s3:GetObject"], [f"{spools}/{one}" for one in prefixes])


def _keys(application: Application) -> list[str]:
    """The keys of buckets, and of what is the stacks' own: queues and spool."""
    stacks = application.stacks
    own = {stack.options.kms_key for stack in stacks if stack.options.kms_key}
    return sorted(own.union(key for stack in stacks for key in stack.kms_keys.values()))


def _failure_queues(application: Application, place: Place) -> list[str]:
    return [
        place.arn("sqs", f"{stack.name[:KEPT_LETTERS]}*-SharedFailures*")
        for stack in application.stacks
    ]


def _stack_arns(application: Application, place: Place) -> list[str]:
    return [place.arn("cloudformation", f"stack/{stack.name}/*") for stack in application.stacks]


def _arns(functions: list[Function], place: Place) -> list[str]:
    return [place.arn("lambda", f"function:{one.name}") for one in functions]


def _functions(application: Application) -> list[Function]:
    return [one for stack in application.stacks for one in stack.functions]


def _allow(sid: str, actions: list[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


KINDS: Mapping[str, Callable[[Application, Place], Iterator[Statement]]] = {
    "deploy": _deploy,
    "operate": _operate,
    "read": _read,
}
