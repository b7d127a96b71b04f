"""What is off unless a file switches it on: keys, access logs, copies, flow logs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.language.workflow.join import Bucket, Stack
from scar_constructs.model import BucketSettings, ExecutionMode, Input, LogTarget, StackOptions, Vpc
from tests.synth.models import batch, function, notifications, workflow
from tests.synth.synthesis import (
    Json,
    as_list,
    flat,
    resources,
    statements,
    templates_of,
    templates_of_files,
)

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888"
OTHER_KEY = "arn:aws:kms:eu-north-1:111122223333:key/99992222-3333-4444-5555-666677778888"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
LOGS = LogTarget(bucket="our-logs", folder="s3")
BOTH = function(
    execution_mode=ExecutionMode.LAMBDA_BATCH,
    secrets={"TOKEN": SECRET},
    batch=batch(secrets={"OTHER": SECRET}),
)


def stack(settings: BucketSettings | None = None, **options: Any) -> Stack:
    """A function of both services, and its bucket with these settings."""
    photos = Bucket(
        name="photos",
        settings=settings or BucketSettings(),
        notifications=notifications(BOTH, bucket="photos"),
    )
    return workflow(BOTH, buckets=(photos,), options=StackOptions(**options))


def made(settings: BucketSettings | None = None, **options: Any) -> Json:
    return templates_of(stack(settings, **options))["flow"]


@pytest.fixture(scope="module")
def with_key() -> Json:
    return made(kms_key=KEY)


@pytest.fixture(scope="module")
def copied() -> Json:
    settings = BucketSettings(replicate_to="copies", kms_key=KEY, replica_kms_key=OTHER_KEY)
    return made(settings)


def through(statement: Json) -> list[str]:
    services: list[str] = as_list(statement["Condition"]["StringLike"]["kms:ViaService"])
    return services


def test_a_key_encrypts_what_the_stack_keeps_of_its_own(with_key: Json) -> None:
    template = Template.from_json(with_key)
    template.all_resources_properties("AWS::Logs::LogGroup", {"KmsKeyId": KEY})
    template.has_resource_properties("AWS::SQS::Queue", {"KmsMasterKeyId": KEY})
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": Match.absent(),
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": KEY,
                        },
                    }
                ]
            },
        },
    )


def test_each_role_may_use_the_key_through_the_services_that_it_needs(with_key: Json) -> None:
    granted = {
        (path.removeprefix("flow/Functions/thumbnails/").removesuffix("/Resource"), one["Sid"]): (
            as_list(one["Action"]),
            through(one),
        )
        for path, one in statements(with_key)
        if one["Resource"] == KEY
    }
    use, secrets = ["kms:Decrypt", "kms:GenerateDataKey"], ["secretsmanager", "ssm"]
    region = "eu-west-1.*"
    assert granted == {
        ("Role", "UseStackKey"): (use, [f"s3.{region}", f"sqs.{region}"]),
        ("Role", "DecryptSecrets"): (["kms:Decrypt"], [f"{one}.{region}" for one in secrets]),
        ("Job/Role", "UseStackKey"): (use, [f"s3.{region}"]),
        ("Job/Role", "DecryptSecrets"): (["kms:Decrypt"], [f"{one}.{region}" for one in secrets]),
        ("Job/ExecutionRole", "DecryptSecrets"): (
            ["kms:Decrypt"],
            [f"{one}.{region}" for one in secrets],
        ),
    }


def test_the_file_s_key_and_logs_hold_for_buckets_that_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "flow.yaml").write_text(
        f"kms_key: {KEY}\naccess_logs: our-logs/s3\n"
        f"buckets: {{second: {{kms_key: '{OTHER_KEY}', access_logs: other-logs}}}}\n"
        "functions: {f: {image: x, init_script: run.sh, "
        "s3: {input_bucket: first, output_bucket: second}}}\n"
    )
    template = templates_of_files(tmp_path)["flow"]
    said = {
        one["Properties"].get("BucketName", "spool"): (
            one["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
                "ServerSideEncryptionByDefault"
            ]["KMSMasterKeyID"],
            one["Properties"]["LoggingConfiguration"],
        )
        for one in resources(template, "AWS::S3::Bucket").values()
    }
    assert said == {
        "first": (KEY, {"DestinationBucketName": "our-logs", "LogFilePrefix": "s3/first/"}),
        "second": (
            OTHER_KEY,
            {"DestinationBucketName": "other-logs", "LogFilePrefix": "second/"},
        ),
        "spool": (KEY, {"DestinationBucketName": "our-logs", "LogFilePrefix": "s3/flow-spool/"}),
    }
    keys = {one["Sid"]: one["Resource"] for _, one in statements(template)}
    assert (keys["DecryptInputs"], keys["EncryptOutputs"]) == (KEY, OTHER_KEY)


def test_the_key_of_a_bucket_that_exists_is_granted_through_s3_alone(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "flow.yaml").write_text(
        f"buckets: {{theirs: {{existing: true, kms_key: '{KEY}'}}}}\n"
        "functions: {f: {image: x, init_script: run.sh, execution_mode: lambda-batch, "
        "s3: {input_bucket: theirs}}}\n"
    )
    granted = [
        (path, one)
        for path, one in statements(templates_of_files(tmp_path)["flow"])
        if one["Resource"] == KEY
    ]
    assert {(path.split("/")[3], one["Sid"]) for path, one in granted} == {
        (role, sid) for role in ("Role", "Job") for sid in ("DecryptInputs", "EncryptOutputs")
    }
    assert all(through(one) == ["s3.eu-west-1.*"] for _, one in granted)


def test_copies_are_made_of_new_objects_and_not_of_deletions(copied: Json) -> None:
    (role,) = (
        name
        for name, one in resources(copied, "AWS::IAM::Role").items()
        if one["Metadata"]["aws:cdk:path"].endswith("/Replication/Resource")
    )
    Template.from_json(copied).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": "photos",
            "VersioningConfiguration": {"Status": "Enabled"},
            "ReplicationConfiguration": {
                "Role": {"Fn::GetAtt": [role, "Arn"]},
                "Rules": [
                    {
                        "Id": "copy",
                        "Status": "Enabled",
                        "Priority": 1,
                        "Filter": {"Prefix": ""},
                        "DeleteMarkerReplication": {"Status": "Disabled"},
                        "SourceSelectionCriteria": {
                            "SseKmsEncryptedObjects": {"Status": "Enabled"}
                        },
                        "Destination": Match.object_like(
                            {"EncryptionConfiguration": {"ReplicaKmsKeyID": OTHER_KEY}}
                        ),
                    }
                ],
            },
        },
    )


def test_the_role_of_copies_reads_one_bucket_and_writes_the_other(copied: Json) -> None:
    granted = {
        one["Sid"]: (as_list(one["Action"]), flat(one["Resource"]))
        for path, one in statements(copied)
        if path.endswith("/Replication/Resource")
    }
    bucket = "arn:<AWS::Partition>:s3:::"
    assert granted == {
        "ReadBucket": (["s3:GetReplicationConfiguration", "s3:ListBucket"], f"{bucket}photos"),
        "ReadVersions": (
            [f"s3:GetObjectVersion{one}" for one in ("Acl", "ForReplication", "Tagging")],
            f"{bucket}photos/*",
        ),
        "DecryptObjects": (["kms:Decrypt"], KEY),
        "WriteCopies": (["s3:ReplicateObject", "s3:ReplicateTags"], f"{bucket}copies/*"),
        "EncryptCopies": (["kms:Encrypt"], OTHER_KEY),
    }


def test_flow_logs_of_the_network_have_a_group_and_a_role_of_their_own() -> None:
    template = made(flow_logs=True)
    Template.from_json(template).has_resource_properties(
        "AWS::EC2::FlowLog",
        {
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": {"Ref": Match.any_value()},
            "DeliverLogsPermissionArn": Match.any_value(),
        },
    )
    (group,) = (
        one
        for one in resources(template, "AWS::Logs::LogGroup").values()
        if one["Properties"]["LogGroupName"] == "/scar/network/flow"
    )
    assert group["Properties"]["RetentionInDays"] == 30


VPC = Vpc(subnet_ids=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",))
OFF = stack()
ON = {
    "kms_key": (
        stack(kms_key=KEY, settings=BucketSettings(kms_key=KEY)),
        {"S3DefaultEncryptionKMS", "CloudWatchLogGroupEncrypted", "CKV_AWS_27", "CKV_AWS_158"},
    ),
    "access_logs": (
        stack(access_logs=LOGS, settings=BucketSettings(access_logs=LOGS)),
        {"S3BucketLoggingEnabled", "AwsSolutions-S1", "CKV_AWS_18"},
    ),
    "concurrency and tracing": (
        workflow(replace(BOTH, concurrency=3, tracing=True)),
        {"LambdaConcurrency", "CKV_AWS_115", "Serverless-LambdaTracing"},
    ),
    "vpc": (
        workflow(replace(BOTH, vpc=VPC)),
        {"LambdaInsideVPC", "CKV_AWS_117"},
    ),
}


@pytest.mark.parametrize(("on", "rules"), ON.values(), ids=ON)
def test_the_reasons_for_leaving_it_off_go_when_it_is_on(on: Stack, rules: set[str]) -> None:
    before, after = (acknowledged(templates_of(one)["flow"]) for one in (OFF, on))
    assert rules <= before
    assert rules.isdisjoint(after)


def test_the_reason_for_no_copies_goes_from_the_bucket_that_is_copied(copied: Json) -> None:
    """The spool is never copied: it holds references for some days."""
    (photos,) = (
        one
        for one in resources(copied, "AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "photos"
    )
    assert "S3BucketReplicationEnabled" not in acknowledged({"Resources": {"photos": photos}})


def acknowledged(template: Json) -> set[str]:
    """The rules with reasons, those of the strict packs without the pack's name."""
    found = set()
    for one in template["Resources"].values():
        metadata = one.get("Metadata", {})
        found |= {rule["id"] for rule in metadata.get("cdk_nag", {}).get("rules_to_suppress", [])}
        found |= {rule["id"] for rule in metadata.get("checkov", {}).get("skip", [])}
    strict = ("NIST.800.53.R5-", "HIPAA.Security-", "PCI.DSS.321-")
    return {rule.partition("-")[2] if rule.startswith(strict) else rule for rule in found}


def test_inputs_without_a_key_need_none() -> None:
    one = function(inputs=(Input(bucket="photos", folder="in"),))
    granted = [one["Sid"] for _, one in statements(templates_of(workflow(one))["flow"])]
    assert not {"DecryptInputs", "EncryptOutputs", "UseStackKey"} & set(granted)
