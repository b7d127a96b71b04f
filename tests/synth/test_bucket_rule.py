"""EventBridge in the place of notifications."""

from __future__ import annotations

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.language.workflow.existing_buckets import event_bridge_command
from scar_constructs.language.workflow.join import Bucket, Notification, Rule
from scar_constructs.model import BucketSettings, Input
from tests.synth.models import function, notifications, workflow
from tests.synth.synthesis import flat, template_of


def passing(prefix: str = "", suffix: str = "") -> Notification:
    return Notification(function_name="thumbnails", prefix=prefix, suffix=suffix)


@pytest.fixture(scope="module")
def template() -> Template:
    """Two functions on one folder, in a bucket that sends its events to EventBridge."""
    functions = (function(outputs=()), function(name="index", outputs=()))
    return template_of(
        workflow(
            *functions,
            buckets=(
                Bucket(
                    name="photos", settings=BucketSettings(), notifications=(), event_bridge=True
                ),
            ),
            rules=tuple(
                Rule(function_name=one.name, bucket="photos", filters=(passing("in/"),))
                for one in functions
            ),
        )
    )


def test_the_bucket_sends_its_events_and_notifies_nobody(template: Template) -> None:
    template.has_resource(
        "AWS::S3::Bucket",
        {
            "Properties": {
                "BucketName": "photos",
                "NotificationConfiguration": {
                    "EventBridgeConfiguration": {"EventBridgeEnabled": True},
                    "LambdaConfigurations": Match.absent(),
                },
            },
        },
    )


def test_each_function_follows_the_bucket_by_a_rule(template: Template) -> None:
    template.resource_count_is("AWS::Events::Rule", 2)
    template.all_resources_properties(
        "AWS::Events::Rule",
        {
            "Name": Match.absent(),
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": ["photos"]},
                    "object": {"key": [{"prefix": "in/"}]},
                },
            },
            "Targets": [
                {
                    "Id": "Function",
                    "Arn": {"Fn::GetAtt": [Match.any_value(), "Arn"]},
                    "DeadLetterConfig": {
                        "Arn": {
                            "Fn::GetAtt": [Match.string_like_regexp("FailuresServiceQueue"), "Arn"]
                        }
                    },
                }
            ],
        },
    )


def test_the_bucket_speaks_once_the_rules_are_there(template: Template) -> None:
    """Else the files of the moment in between would start nothing."""
    (bucket,) = (
        one
        for one in template.find_resources("AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "photos"
    )
    starters = {
        *template.find_resources("AWS::Events::Rule"),
        *template.find_resources("AWS::Lambda::Permission"),
    }
    assert set(bucket["DependsOn"]) == starters


def test_only_the_rule_and_the_bucket_may_invoke(template: Template) -> None:
    """S3 follows a changed notification for minutes, and needs its permission until then."""
    rules = set(template.find_resources("AWS::Events::Rule"))
    permissions = template.find_resources("AWS::Lambda::Permission").values()
    sources: dict[str, set[str]] = {}
    for one in permissions:
        properties = one["Properties"]
        sources.setdefault(properties["Principal"], set()).add(flat(properties["SourceArn"]))
    assert sources == {
        "events.amazonaws.com": {f"<{rule}.Arn>" for rule in rules},
        "s3.amazonaws.com": {"arn:<AWS::Partition>:s3:::photos"},
    }


def test_a_bucket_of_somebody_else_is_followed_and_left_alone() -> None:
    template = template_of(
        workflow(
            function(outputs=()),
            buckets=(),
            rules=(Rule(function_name="thumbnails", bucket="photos"),),
        )
    )
    template.resource_count_is("AWS::S3::Bucket", 1)  # the spool
    template.resource_count_is("AWS::Events::Rule", 1)


def test_the_outputs_say_once_how_a_bucket_of_somebody_else_begins_to_speak() -> None:
    functions = (function(outputs=()), function(name="index", outputs=()))
    rules = tuple(Rule(function_name=one.name, bucket="photos", existing=True) for one in functions)
    template = template_of(workflow(*functions, buckets=(), rules=rules))
    told = [
        one["Value"]
        for one in template.find_outputs("*").values()
        if "EventBridge" in one["Description"]
    ]
    assert told == [event_bridge_command("photos")]


def test_notifications_and_rules_of_one_function_side_by_side() -> None:
    both = function(
        inputs=(Input(bucket="photos", folder="in"), Input(bucket="scans", folder="")), outputs=()
    )
    photos = Bucket(
        name="photos",
        settings=BucketSettings(),
        notifications=notifications(both, bucket="photos"),
    )
    rule = Rule(function_name="thumbnails", bucket="scans")
    template = template_of(workflow(both, buckets=(photos,), rules=(rule,)))
    principals = {
        one["Properties"]["Principal"]
        for one in template.find_resources("AWS::Lambda::Permission").values()
    }
    assert principals == {"s3.amazonaws.com", "events.amazonaws.com"}


def test_more_folders_than_a_pattern_holds_are_followed_by_several_rules() -> None:
    folders = tuple(passing(f"projects/department-{number}/incoming/") for number in range(100))
    template = template_of(
        workflow(
            function(outputs=()),
            buckets=(
                Bucket(
                    name="photos", settings=BucketSettings(), notifications=(), event_bridge=True
                ),
            ),
            rules=(Rule(function_name="thumbnails", bucket="photos", filters=folders),),
        )
    )
    rules = template.find_resources("AWS::Events::Rule")
    assert len(rules) == 3
    invokers = [
        flat(one["Properties"]["SourceArn"])
        for one in template.find_resources("AWS::Lambda::Permission").values()
    ]
    assert {f"<{rule}.Arn>" for rule in rules} < set(invokers)
    (bucket,) = (
        one
        for one in template.find_resources("AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "photos"
    )
    assert set(rules) < set(bucket["DependsOn"])
