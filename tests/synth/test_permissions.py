"""What each role may do, and that it may do nothing else."""

from __future__ import annotations

import pytest

from scar_constructs.language.workflow.join import Bucket
from scar_constructs.model import BucketSettings, ExecutionMode, Input, Output
from tests.synth.models import function, workflow
from tests.synth.synthesis import (
    INLINE_POLICY_LIMIT,
    Json,
    as_list,
    flat,
    policy_sizes,
    resources,
    statements,
    templates_of,
)

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888"

SPOOL = "<SharedSpoolBucketF417875A.Arn>/thumbnails/*"
S3 = "arn:<AWS::Partition>:s3:::"
USE_SPOOL = {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}
READ = {"s3:GetObject", "s3:GetObjectVersion"}
WRITE = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}

Allowed = dict[str, set[str]]


def one_template(**changes: object) -> Json:
    return templates_of(workflow(function(**changes)))["flow"]


def allowed(template: Json, role: str) -> Allowed:
    """Resource -> the actions that the role at this path may do on it."""
    found: Allowed = {}
    for path, statement in statements(template):
        if path == f"flow/Functions/thumbnails/{role}/Resource":
            for resource in as_list(statement["Resource"]):
                found.setdefault(flat(resource), set()).update(as_list(statement["Action"]))
    return found


def without_plumbing(grants: Allowed) -> Allowed:
    """The grants but those for logs and the failure queue, which every Lambda has."""
    return {
        resource: actions
        for resource, actions in grants.items()
        if not actions & {"sqs:SendMessage", "logs:PutLogEvents"}
    }


def test_the_lambda_reads_its_input_and_writes_its_output() -> None:
    grants = allowed(one_template(), "Role")
    assert without_plumbing(grants) == {
        f"{S3}photos/in/*": READ,
        f"{S3}photos/out/*": WRITE,
        SPOOL: USE_SPOOL,
    }
    assert grants["<SharedFailuresQueue59A73CC1.Arn>"] == {"sqs:SendMessage"}
    logs = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group"
    assert grants[f"{logs}:/aws/lambda/thumbnails:log-stream:*"] == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_the_dispatcher_sees_no_data() -> None:
    template = one_template(execution_mode=ExecutionMode.BATCH)
    queue = next(iter(resources(template, "AWS::Batch::JobQueue")))
    definition = "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job-definition/"
    assert without_plumbing(allowed(template, "Role")) == {
        SPOOL: USE_SPOOL,
        f"<{queue}.JobQueueArn>": {"batch:SubmitJob"},
        f"{definition}thumbnails": {"batch:SubmitJob"},
        f"{definition}thumbnails:*": {"batch:SubmitJob"},
    }


def test_the_job_sees_the_data_and_submits_nothing() -> None:
    template = one_template(execution_mode=ExecutionMode.BATCH)
    assert allowed(template, "Job/Role") == {
        f"{S3}photos/in/*": READ,
        f"{S3}photos/out/*": WRITE,
        SPOOL: USE_SPOOL,
    }


def test_lambda_batch_reads_and_submits() -> None:
    grants = allowed(one_template(execution_mode=ExecutionMode.LAMBDA_BATCH), "Role")
    actions = set().union(*grants.values())
    assert {"batch:SubmitJob", "s3:GetObjectVersion", "s3:AbortMultipartUpload"} <= actions


def test_only_tasks_of_this_account_take_the_job_roles() -> None:
    template = one_template(execution_mode=ExecutionMode.BATCH)
    trusted = [
        role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
        for role in resources(template, "AWS::IAM::Role").values()
        if "/Job/" in role["Metadata"]["aws:cdk:path"]
    ]
    assert (
        trusted
        == [
            {
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            }
        ]
        * 2
    )


@pytest.mark.parametrize("mode", list(ExecutionMode))
def test_only_what_the_platform_forces_has_a_wildcard(mode: ExecutionMode) -> None:
    """`*` alone for the registry's token; a last `*` for names nobody can know beforehand."""
    for path, statement in statements(one_template(execution_mode=mode)):
        for action in as_list(statement["Action"]):
            assert "*" not in action, path
        if path.endswith("/HostRole/Resource"):
            continue  # hosts in clusters that Batch makes and names: see test_platform_facts
        for resource in as_list(statement["Resource"]):
            arn = flat(resource)
            if arn == "*":
                assert statement["Action"] == "ecr:GetAuthorizationToken", path
            else:
                assert "*" not in arn[:-1], path


@pytest.mark.parametrize(
    ("folder", "in_policy"),
    [("what?", "what${?}"), ("a*b", "a${*}b"), ("$HOME", "${$}HOME"), ("año 1", "año 1")],
    ids=["question mark", "star", "dollar", "letters"],
)
def test_folder_names_are_taken_to_the_letter(folder: str, in_policy: str) -> None:
    template = one_template(inputs=(Input(bucket="photos", folder=folder),))
    assert f"{S3}photos/{in_policy}/*" in allowed(template, "Role")


def test_a_whole_bucket_and_several_folders() -> None:
    template = one_template(
        inputs=(Input(bucket="photos", folder="a"), Input(bucket="scans", folder="")),
        outputs=(
            Output(bucket="results", folder="", suffixes=(".jpg",)),
            Output(bucket="results", folder="", suffixes=(".png",)),
        ),
    )
    assert without_plumbing(allowed(template, "Role")) == {
        f"{S3}photos/a/*": READ,
        f"{S3}scans/*": READ,
        f"{S3}results/*": WRITE,
        SPOOL: USE_SPOOL,
    }


def test_keys_of_encrypted_buckets_may_be_used_for_what_is_done_there() -> None:
    encrypted = Bucket(name="photos", settings=BucketSettings(kms_key=KEY), notifications=())
    stack = workflow(
        function(outputs=(Output(bucket="results", folder=""),)),
        buckets=(encrypted, Bucket(name="results", settings=BucketSettings(), notifications=())),
    )
    assert allowed(templates_of(stack)["flow"], "Role")[KEY] == {"kms:Decrypt"}


def test_a_function_with_many_folders_stays_within_the_policy_limit() -> None:
    template = one_template(
        inputs=tuple(Input(bucket="photos", folder=f"in/{i:02}") for i in range(10)),
        outputs=tuple(Output(bucket="results", folder=f"out/{i:02}") for i in range(40)),
    )
    assert 2_000 < max(policy_sizes(template).values()) <= INLINE_POLICY_LIMIT
