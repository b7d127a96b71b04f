"""What a review says is lost, against the resources that CloudFormation would remove or replace.

Both templates of a change are synthesised. A resource is replaced where a property differs that its
schema, as cfn-lint ships it, says can only be given when the resource is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.review.compare import Review, review
from scar_constructs.review.origins import explained, resources
from scar_constructs.review.origins.resources import Resource
from scar_constructs.review.sides import Side, side
from tests.support.loss_cases import CASES
from tests.support.reviews import INPUT, function, written
from tests.synth.replacements import replaced
from tests.synth.synthesis import Json, templates_of_files
from tests.unit.test_review_keys import FUNCTION, STACK
from tests.unit.test_review_keys import written as keys_written

HELD = {
    "AWS::SNS::Topic": "who is told",
    "AWS::SNS::Subscription": "a mail address that confirmed it",
    "AWS::WAFv2::WebACLAssociation": "protection",
    "AWS::Lambda::Function": "events that it has accepted",
    "AWS::S3::Bucket": "files",
    "AWS::SQS::Queue": "failed events, or files that are gathered",
    "AWS::Batch::JobQueue": "jobs that wait",
    "AWS::Batch::ComputeEnvironment": "jobs that run",
    "AWS::Logs::LogGroup": "history",
    "AWS::ApiGateway::RestApi": "an address",
    "AWS::ApiGateway::Stage": "an address",
    "AWS::ApiGateway::ApiKey": "the callers' key",
}
"""Types whose resources hold something that goes with them."""
_SETTINGS = "made again as it was, from the file"
FREE = {
    **dict.fromkeys(
        (
            *("AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::Lambda::Permission"),
            *("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"),
        ),
        "rights, which a review compares by themselves",
    ),
    "AWS::Batch::JobDefinition": "its revisions stay until waiting jobs have run",
    "AWS::Batch::SchedulingPolicy": _SETTINGS,
    "AWS::EC2::LaunchTemplate": _SETTINGS,
    "AWS::EC2::SecurityGroup": _SETTINGS,
    "AWS::EC2::SecurityGroupIngress": _SETTINGS,
    "AWS::EC2::FlowLog": "what it logged is in its log group",
    "AWS::Events::Rule": "told with the bucket whose events it takes",
    "AWS::Lambda::EventInvokeConfig": _SETTINGS,
    "AWS::Lambda::EventSourceMapping": "told with the queue that it reads",
    "AWS::CloudWatch::Alarm": "its history; the topic is told",
    "AWS::CloudWatch::Dashboard": _SETTINGS,
    "AWS::Logs::MetricFilter": "metrics that were counted stay in CloudWatch",
    "AWS::ApiGateway::Account": "a setting of the region, which stays",
    "AWS::ApiGateway::Deployment": "a copy of the API; the stage is told",
    "AWS::ApiGateway::UsagePlan": "told with the key of the API",
    "AWS::ApiGateway::UsagePlanKey": "told with the key of the API",
}
"""Types whose resources lose nothing when they go, and why."""
OUTPUT = "      output: [{storage_provider: s3, path: b-out/done}]\n"
BATCH = "    batch: {%s}\n"
API = "    api_gateway: {name: api, %s}\n"
FARGATE = BATCH % "memory: 2048, compute_resources: {type: %s}"
NETWORK = "subnets: [subnet-0123456%d], security_group_ids: [sg-01234567]"
FIREWALL = (
    "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/0a1b2c3d-1111-2222-3333-444455556666"
)
MORE = {
    "memory": (function(), function(more="      memory: 1024\n")),
    "description": (function(), function(more="      description: other\n")),
    "retries": (function(), function(more="      retries: 0\n")),
    "concurrency": (function(), function(more="      concurrency: 3\n")),
    "architectures": (function(), function(more="      architectures: [arm64]\n")),
    "architectures of jobs": (
        function(mode="batch"),
        function(mode="batch", more="      architectures: [arm64]\n"),
    ),
    "storage": (function(), function(more="      ephemeral_storage: 2048\n")),
    "tags": (function(), function(more="      tags: {a: b}\n")),
    "tags of a stack": (function(mode="batch"), "tags: {a: b}\n" + function(mode="batch")),
    "vcpus": (
        function(mode="batch"),
        function(mode="batch", after=BATCH % "vcpus: 2, memory: 4096"),
    ),
    "gpus": (
        function(mode="batch"),
        function(
            mode="batch",
            after=BATCH % "gpus: 1, compute_resources: {instance_types: [g4dn.xlarge]}",
        ),
    ),
    "disk": (function(mode="batch"), function(mode="batch", after=BATCH % "disk_gib: 60")),
    "more machines": (
        function(mode="batch", after=BATCH % "compute_resources: {max_v_cpus: 4}"),
        function(mode="batch", after=BATCH % "compute_resources: {max_v_cpus: 8}"),
    ),
    "Spot": (
        function(mode="batch", after=BATCH % "compute_resources: {type: EC2}"),
        function(mode="batch", after=BATCH % "compute_resources: {type: SPOT}"),
    ),
    "several hosts": (
        function(mode="batch"),
        function(
            mode="batch", after=BATCH % "multi_node_parallel: {enabled: true, number_nodes: 2}"
        ),
    ),
    "a named environment": (
        function(mode="batch"),
        function(mode="batch", after=BATCH % "compute_environment: heavy"),
    ),
    "to batch": (function(mode="lambda"), function(mode="batch")),
    "to lambda": (function(mode="batch"), function(mode="lambda")),
    "to lambda-batch": (function(mode="lambda"), function(mode="lambda-batch")),
    "another input": (
        function(more=INPUT),
        function(more=INPUT.replace("b-in/new", "b-other/new")),
    ),
    "another output": (function(more=OUTPUT), function(more=OUTPUT.replace("b-out", "b-other"))),
    "a key": (
        function(more=INPUT),
        "buckets: {b-in: {kms_key: 'arn:aws:kms:eu-west-1:111122223333:key/"
        "0a1b2c3d-1111-2222-3333-444455556666'}}\n" + function(more=INPUT),
    ),
    "versions": (
        function(more=INPUT),
        "buckets: {b-in: {versioned: false}}\n" + function(more=INPUT),
    ),
    "events": (
        function(more=INPUT),
        "buckets: {b-in: {event_bridge: true}}\n" + function(more=INPUT),
    ),
    "existing": (
        function(more=INPUT),
        "buckets: {b-in: {existing: true}}\n" + function(more=INPUT),
    ),
    "another stage": (function(after=API % "auth: iam"), function(after=API % "stage_name: v2")),
    "no key of the API": (function(after=API % "auth: api_key"), function(after=API % "auth: iam")),
    "another name of the API": (
        function(after=API % "auth: iam"),
        function(after="    api_gateway: {name: other}\n"),
    ),
    "alarms": (function(), "alarms: {email: me@example.org}\n" + function()),
    "retired": (function(more=INPUT), function(more=INPUT + "      retired: true\n")),
    "Fargate Spot": (
        function(mode="batch", after=FARGATE % "FARGATE"),
        function(mode="batch", after=FARGATE % "FARGATE_SPOT"),
    ),
    "Fargate elsewhere": (
        function(mode="batch", after=FARGATE % f"FARGATE, {NETWORK % 1}"),
        function(mode="batch", after=FARGATE % f"FARGATE, {NETWORK % 2}"),
    ),
    "hosts elsewhere": (
        function(mode="batch", after=FARGATE % f"EC2, {NETWORK % 1}"),
        function(mode="batch", after=FARGATE % f"EC2, {NETWORK % 2}"),
    ),
    "hosts of one's own": (
        function(mode="batch", after=BATCH % "compute_environment: heavy"),
        function(mode="batch", after=BATCH % "compute_environment: heavy, type: UNMANAGED"),
    ),
    "no flow logs": ("flow_logs: true\n" + function(mode="batch"), function(mode="batch")),
    "no alarms": ("alarms: {email: me@example.org}\n" + function(), function()),
    "alarms to a topic": (
        "alarms: {email: me@example.org}\n" + function(),
        "alarms: {topic: 'arn:aws:sns:us-east-1:111122223333:mine'}\n" + function(),
    ),
    "no firewall": (
        function(after=API % f"auth: none, web_acl: '{FIREWALL}'"),
        function(after=API % "auth: none"),
    ),
    "no input": (function(more=INPUT), function()),
    "no burst": (
        function(mode="batch", more=INPUT, after=BATCH % "burst: {}"),
        function(mode="batch", more=INPUT),
    ),
    "no input of a burst": (
        function(mode="batch", more=INPUT, after=BATCH % "burst: {}"),
        function(mode="batch", after=BATCH % "burst: {}"),
    ),
    "removed with its burst": (
        function("one", "batch", more=INPUT, after=BATCH % "burst: {}"),
        function("other", "batch", more=INPUT),
    ),
    "no tags": ("tags: {a: b}\n" + function(mode="batch"), function(mode="batch")),
}
CHANGES = {**{name: (case[0], case[1]) for name, case in CASES.items()}, **MORE}


def gone(before: Json, after: Json) -> set[str]:
    """Logical ids of what holds something, and is removed or replaced."""
    found = {*replaced(before, after), *(before["Resources"].keys() - after["Resources"].keys())}
    types = {before["Resources"][name]["Type"] for name in found}
    assert types <= HELD.keys() | FREE.keys()
    return {name for name in found if before["Resources"][name]["Type"] in HELD}


def subjects(resource: Resource, version: Side) -> set[str]:
    """Who may be named as the one that loses it."""
    known = explained(resource, version)
    names = {name for name, _ in known.functions} | {resource.stack}
    return names | {one.partition("/")[0] for one in (resource.name,) if one}


def told(found: Review, resource: Resource, version: Side) -> bool:
    if resource.kind == "AWS::SQS::Queue" and not explained(resource, version).functions:
        return any(one.subject == resource.stack and "queue" in one.what for one in found.losses)
    return any(one.subject in subjects(resource, version) for one in found.losses)


def untold(folders: Sequence[Path], templates: Sequence[Mapping[str, Json]]) -> list[Resource]:
    """What goes, and is not named."""
    sides = [side(one.name, load_application([one])) for one in folders]
    found = review(sides[0], sides[1], Assumptions())
    return [
        one
        for one in resources(templates[0])
        if one.stack in templates[1]
        and one.logical_id in gone(templates[0][one.stack], templates[1][one.stack])
        and not told(found, one, sides[0])
    ]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_goes_is_named(change: tuple[str, str], tmp_path: Path) -> None:
    folders = [written(tmp_path / name, text) for name, text in zip("ab", change, strict=True)]
    assert untold(folders, [templates_of_files(one) for one in folders]) == []


@pytest.mark.parametrize("place", [*FUNCTION, *STACK])
def test_whatever_goes_by_any_key_of_the_language_is_named(place: str, tmp_path: Path) -> None:
    folders = keys_written(tmp_path, place, {**FUNCTION, **STACK}[place])
    templates = [templates_of_files(one) for one in folders]
    assert untold(folders, templates) == []
    assert untold(folders[::-1], templates[::-1]) == [], "and back"


def test_changes_of_the_list_do_remove_and_replace(tmp_path: Path) -> None:
    """Or the test above would find nothing."""
    kinds = set()
    for number, change in enumerate((CHANGES["to lambda"], CHANGES["another stage"])):
        folders = [
            written(tmp_path / f"{name}{number}", text)
            for name, text in zip("ab", change, strict=True)
        ]
        before, after = (templates_of_files(one)["flow"] for one in folders)
        kinds |= {before["Resources"][name]["Type"] for name in gone(before, after)}
    assert kinds == {
        "AWS::Lambda::Function",
        "AWS::SQS::Queue",
        "AWS::Batch::JobQueue",
        "AWS::Batch::ComputeEnvironment",
        "AWS::Logs::LogGroup",
        "AWS::ApiGateway::Stage",
    }
