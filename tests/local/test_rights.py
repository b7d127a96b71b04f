"""Rights, both ways, for every example: each statement of each role is needed, and nothing beyond.

With IAM enforced, on the process engine; the examples' programs are stood in for, since which
program runs makes no difference to what its role may do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName
from scar_constructs.local.server import ACCOUNT, CloudAddress, LocalCloud
from tests.local.accounts import client_of
from tests.local.workflows import Workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = {
    "mb": 'cat >/dev/null; for f in *.nex; do echo x >"${f%.nex}.con.tre"; done\n',
    "ffmpeg": 'for last; do :; done; echo x >"$(printf "$last" 1)"\n',
    "identify": "echo 1\n",
    "convert": 'for last; do :; done; case $last in null:) ;; *) echo x >"$last" ;; esac\n',
}
NOT_ASKED_FOR = {
    "WriteLogs": "the local cloud writes logs itself",
    "PullImage": "the local registry asks nobody who pulls",
    "GetRegistryToken": "the local registry asks nobody who pulls",
}
"""Statements that cannot be missed here, and why: docs/local.md says so."""
SETTINGS = "SCAR_SPOOL_BUCKET"


@dataclass(frozen=True)
class Example:
    """A workflow, the file that goes in, and the folder that then has one more file."""

    files: tuple[str, ...]
    bucket: str
    source: str
    target: str

    @property
    def name(self) -> str:
        return Path(self.files[0]).parent.as_posix()


VIDEO = "scar-batch-ffmpeg-split"
CASES = (
    Example(("hello/hello.yaml",), "hello-bucket", "input/{}.txt", "counts/"),
    Example(
        ("mrbayes/mrbayes.yaml",),
        "scar-mrbayes",
        "scar-mrbayes-batch/input/{}.nex",
        "scar-mrbayes-batch/output/",
    ),
    Example(("video-process/video-process.yaml",), "scar-video", "input/{}.mkv", "result/"),
    Example(
        ("video-process/two-files/split.yaml", "video-process/two-files/detect.yaml"),
        "scar-ffmpeg",
        f"{VIDEO}/input/{{}}.mkv",
        f"{VIDEO}/image-output/",
    ),
)


@pytest.fixture(params=CASES, ids=lambda one: one.name, scope="module")
def example(request: pytest.FixtureRequest) -> Example:
    one: Example = request.param
    return one


@pytest.fixture(scope="module")
def workflow(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    """The example in a cloud of its own."""
    folder = tmp_path_factory.mktemp("rights")
    paths = [_with_programs(EXAMPLES / file, folder) for file in example.files]
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("rights-cloud")) as running:
        bootstrap([], running)
        yield Workflow(running, paths, folder / "assembly")


def _with_programs(file: Path, folder: Path) -> Path:
    """The example's file and scripts, which find our programs first."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}")
        (programs / name).chmod(0o755)
    for script in file.parent.glob("*.sh"):
        text = f'#!/bin/sh\nPATH="{programs}:$PATH"\n{script.read_text()}'
        (folder / script.name).write_text(text)
    copy = folder / file.name
    copy.write_text(file.read_text())
    return copy


Statement = dict[str, Any]


@dataclass(frozen=True)
class Role:
    """A role of the workflow's, with the statements of its one policy."""

    name: str
    path: str
    policy: str
    statements: tuple[Statement, ...]


def roles(workflow: Workflow) -> Iterator[Role]:
    """The roles of functions and jobs: not those of hosts, which nothing here takes."""
    iam = workflow.cloud.client("iam")
    for template in sorted(workflow.assembly.glob("*.template.json")):
        stack = template.name.removesuffix(".template.json")
        pages = workflow.cloud.client("cloudformation").get_paginator("list_stack_resources")
        names = {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack)
            for one in page["StackResourceSummaries"]
        }
        for logical, resource in json.loads(template.read_text())["Resources"].items():
            path = resource.get("Metadata", {}).get("aws:cdk:path", "")
            if resource["Type"] == "AWS::IAM::Role" and "/Functions/" in path:
                (policy,) = iam.list_role_policies(RoleName=names[logical])["PolicyNames"]
                found = iam.get_role_policy(RoleName=names[logical], PolicyName=policy)
                statements = tuple(found["PolicyDocument"]["Statement"])
                yield Role(names[logical], path.removesuffix("/Resource"), policy, statements)


@contextmanager
def without(workflow: Workflow, role: Role, sid: str) -> Iterator[None]:
    """The role without one of its statements."""
    iam = workflow.cloud.client("iam")

    def put(statements: list[Statement]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=role.name, PolicyName=role.policy, PolicyDocument=document)

    kept = [one for one in role.statements if one["Sid"] != sid]
    if kept:
        put(kept)
    else:
        iam.delete_role_policy(RoleName=role.name, PolicyName=role.policy)
    try:
        yield
    finally:
        put(list(role.statements))


def functions(workflow: Workflow) -> list[str]:
    found = workflow.cloud.client("lambda").list_functions()["Functions"]
    return sorted(one["FunctionName"] for one in found)


def works(workflow: Workflow, example: Example, label: str) -> bool:
    """Whether a file comes out at the end, and a failing event of each function, or of its job,
    ends in a failure queue."""
    before = len(workflow.keys(example.bucket, example.target))
    workflow.put(example.bucket, example.source.format(label), b"A verse.\n\nAnother one.\n")
    workflow.finish()
    if len(workflow.keys(example.bucket, example.target)) <= before:
        return False
    return all(_keeps_a_failure(workflow, name) for name in functions(workflow))


def _keeps_a_failure(workflow: Workflow, function: str) -> bool:
    """An event that no function takes for one of its own: Lambda itself gives it up."""
    before = _failed(workflow)
    workflow.cloud.client("lambda").invoke(
        FunctionName=function,
        InvocationType="Event",
        Payload=json.dumps({"Records": [{"eventSource": "nobody's"}]}),
    )
    workflow.finish()
    return _failed(workflow) > before


def _failed(workflow: Workflow) -> int:
    """Messages in the failure queues of functions."""
    sqs = workflow.cloud.client("sqs")
    names = ["ApproximateNumberOfMessages"]
    queues = [url for url in sqs.list_queues()["QueueUrls"] if "FailuresQueue" in url]
    answers = (sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names) for url in queues)
    return sum(int(one["Attributes"][names[0]]) for one in answers)


def test_each_statement_of_each_role_is_needed(workflow: Workflow, example: Example) -> None:
    assert works(workflow, example, "before")
    tried = 0
    for role in roles(workflow):
        for sid in (one["Sid"] for one in role.statements):
            if sid in NOT_ASKED_FOR:
                continue
            with without(workflow, role, sid):
                label = f"without-{tried}"
                assert not works(workflow, example, label), f"{role.path} does without {sid}"
            tried += 1
    assert tried >= 4
    assert works(workflow, example, "after")


def attempts(workflow: Workflow, role: Role) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What a role must not do, whichever it is: service, operation, arguments."""
    spool = _spool(workflow, functions(workflow)[0])
    for operation, more in (("get_object", {}), ("put_object", {"Body": b"x"})):
        for place in ({"Key": "nowhere/x"}, {"Key": "x"}):
            yield "s3", operation, {"Bucket": _buckets(workflow)[0], **place, **more}
        yield "s3", operation, {"Bucket": "somebody-elses", "Key": "x", **more}
        yield "s3", operation, {"Bucket": spool, "Key": "another-function/claims/x", **more}
    yield "s3", "delete_object", {"Bucket": _buckets(workflow)[0], "Key": "x"}
    yield "s3", "list_buckets", {}
    for bucket in (*_buckets(workflow), spool):
        yield "s3", "list_objects_v2", {"Bucket": bucket}
    for name in functions(workflow):
        yield "lambda", "invoke", {"FunctionName": name, "Payload": b"{}"}
        yield "lambda", "update_function_configuration", {"FunctionName": name, "MemorySize": 3008}
    yield "lambda", "list_functions", {}
    queues = workflow.cloud.client("sqs").list_queues()["QueueUrls"]
    for url in queues:
        yield "sqs", "receive_message", {"QueueUrl": url}
        yield "sqs", "purge_queue", {"QueueUrl": url}
        if "ServiceQueue" in url:
            yield "sqs", "send_message", {"QueueUrl": url, "MessageBody": "x"}
    other = {"jobName": "x", "jobDefinition": "another-function"}
    for queue in workflow.cloud.client("batch").describe_job_queues()["jobQueues"]:
        yield "batch", "submit_job", {**other, "jobQueue": queue["jobQueueArn"]}
    yield "batch", "terminate_job", {"jobId": "x", "reason": "x"}
    yield "iam", "list_roles", {}
    yield "iam", "attach_role_policy", {"RoleName": role.name, "PolicyArn": _ADMINISTRATOR}
    yield "secretsmanager", "get_secret_value", {"SecretId": "x"}


_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def _spool(workflow: Workflow, function: str) -> str:
    settings = workflow.cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(settings["Environment"]["Variables"][SETTINGS])


def _buckets(workflow: Workflow) -> list[str]:
    """The workflow's own buckets."""
    found = [
        one["Properties"]["BucketName"]
        for template in workflow.assembly.glob("*.template.json")
        for one in json.loads(template.read_text())["Resources"].values()
        if one["Type"] == "AWS::S3::Bucket" and "BucketName" in one["Properties"]
    ]
    return sorted(name for name in found if isinstance(name, str))


@contextmanager
def trusting(cloud: CloudAddress, role: Role) -> Iterator[str]:
    """The role's ARN, while this account's users may take the role as well."""
    iam = cloud.client("iam")
    before = iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    document = {"Version": "2012-10-17", "Statement": [trust]}
    iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(document))
    try:
        yield f"arn:aws:iam::{ACCOUNT}:role/{role.name}"
    finally:
        iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(before))


def test_a_role_may_nothing_beyond(workflow: Workflow) -> None:
    storage = workflow.cloud.client("s3")
    if "somebody-elses" not in [one["Name"] for one in storage.list_buckets()["Buckets"]]:
        storage.create_bucket(Bucket="somebody-elses")
    for role in roles(workflow):
        with trusting(workflow.cloud, role) as arn:
            clients: dict[str, Any] = {}
            for service, operation, arguments in attempts(workflow, role):
                client = clients.setdefault(service, client_of(workflow.cloud, arn, service))
                allowed = f"{role.path} may {service} {operation} {arguments}"
                assert _refusal(client, operation, arguments) in REFUSALS, allowed


REFUSALS = ("AccessDenied", "AccessDeniedException", "403")


def _refusal(client: Any, operation: str, arguments: Mapping[str, Any]) -> str | None:
    """The code with which a call is refused, or None."""
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_role_is_taken_by_its_service_only(workflow: Workflow) -> None:
    for role in roles(workflow):
        with pytest.raises(ClientError, match="AccessDenied"):
            client_of(workflow.cloud, f"arn:aws:iam::{ACCOUNT}:role/{role.name}", "s3")
