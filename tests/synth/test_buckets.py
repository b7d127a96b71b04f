"""Buckets, whom they notify, and in which order the parts come."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.language.workflow.join import Bucket, Notification
from scar_constructs.model import BucketSettings, Input, Output
from tests.synth.models import function, notifications, workflow
from tests.synth.synthesis import flat, resources, template_of, templates_of

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888"


def bucket(name: str = "photos", **settings: Any) -> Bucket:
    return Bucket(
        name=name,
        settings=BucketSettings(**settings),
        notifications=notifications(function(), bucket=name),
    )


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(workflow(function()))


def test_a_bucket_is_private_versioned_and_kept(template: Template) -> None:
    template.has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketName": "photos",
                "VersioningConfiguration": {"Status": "Enabled"},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
            },
        },
    )


def test_every_bucket_refuses_plain_http(template: Template) -> None:
    buckets = template.find_resources("AWS::S3::Bucket")
    policies = template.find_resources("AWS::S3::BucketPolicy").values()
    guarded = {
        policy["Properties"]["Bucket"]["Ref"]
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert guarded == set(buckets)


def test_the_bucket_notifies_the_function_itself(template: Template) -> None:
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
                        "Function": {"Fn::GetAtt": [Match.any_value(), "Arn"]},
                    }
                ]
            }
        },
    )


def test_the_permission_is_there_before_the_notification(template: Template) -> None:
    permissions = template.find_resources("AWS::Lambda::Permission")
    template.has_resource(
        "AWS::S3::Bucket", {"Properties": {"BucketName": "photos"}, "DependsOn": list(permissions)}
    )


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("red flowers/", "red+flowers/"),
        ("a+b/", "a%2Bb/"),
        ("ñandú/", "%C3%B1and%C3%BA/"),
        ("50%/", "50%25/"),
    ],
    ids=["space", "plus", "letters", "percent"],
)
def test_filters_are_written_as_s3_reads_them(written: str, sent: str) -> None:
    odd = Bucket(
        name="photos",
        settings=BucketSettings(),
        notifications=(Notification(function_name="thumbnails", prefix=written, suffix=".jpg"),),
    )
    template_of(workflow(function(), buckets=(odd,))).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    Match.object_like(
                        {
                            "Filter": {
                                "S3Key": {
                                    "Rules": [
                                        {"Name": "prefix", "Value": sent},
                                        {"Name": "suffix", "Value": ".jpg"},
                                    ]
                                }
                            }
                        }
                    )
                ]
            }
        },
    )


def test_an_input_of_a_whole_bucket_has_no_filter() -> None:
    everything = function(inputs=(Input(bucket="photos", folder=""),), outputs=())
    template_of(workflow(everything)).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Function": Match.any_value(),
                        "Filter": Match.absent(),
                    }
                ]
            }
        },
    )


def test_a_bucket_that_only_takes_outputs_notifies_nobody() -> None:
    apart = function(outputs=(Output(bucket="results", folder=""),))
    template_of(workflow(apart)).has_resource_properties(
        "AWS::S3::Bucket",
        {"BucketName": "results", "NotificationConfiguration": Match.absent()},
    )


def test_settings_of_a_bucket() -> None:
    settings = bucket(versioned=False, expire_days=14, kms_key=KEY)
    template_of(workflow(function(), buckets=(settings,))).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": "photos",
            "VersioningConfiguration": Match.absent(),
            "LifecycleConfiguration": {
                "Rules": Match.array_with([Match.object_like({"ExpirationInDays": 14})])
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    Match.object_like(
                        {
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": KEY,
                            }
                        }
                    )
                ]
            },
        },
    )


def test_the_owner_names_functions_of_other_stacks_and_follows_them() -> None:
    here = function(name="second", inputs=(Input(bucket="photos", folder="mid"),))
    there = function(outputs=(Output(bucket="photos", folder="mid"),))
    owned = Bucket(
        name="photos",
        settings=BucketSettings(),
        notifications=notifications(here, there, bucket="photos"),
    )
    templates = templates_of(
        workflow(there, name="first", buckets=()),
        workflow(here, name="last", buckets=(owned,), depends_on=("first",)),
    )
    (photos,) = (
        one
        for one in resources(templates["last"], "AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "photos"
    )
    configurations = photos["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    named = {flat(one["Function"]) for one in configurations}
    own = next(iter(resources(templates["last"], "AWS::Lambda::Function")))
    assert named == {
        f"<{own}.Arn>",
        "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:thumbnails",
    }
    assert len(resources(templates["first"], "AWS::Lambda::Permission")) == 1
    assert "Outputs" not in templates["first"] or not any(
        "Export" in output for output in templates["first"]["Outputs"].values()
    )
