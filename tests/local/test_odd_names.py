"""Folders, suffixes and keys of every letter, from what a template says to what a function gets."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.aws.buckets.buckets import filter_value
from scar_constructs.emulator.authorization import wildcard
from scar_constructs.emulator.notifications import overlap, passes
from scar_constructs.language.workflow.event_patterns import event_patterns
from scar_constructs.language.workflow.join import Notification
from scar_constructs.local.run import wait
from scar_constructs.local.server import ACCOUNT, CloudAddress
from tests.local.accounts import allow, client_of, make_function, make_role
from tests.local.workflows import WAIT_SECONDS, quiet
from tests.support.waiting import eventually

NAMES = (
    *("a b", "a  b", "a+b", "a&b", "(x)", "it's", "a!b", "a,b", "a=b", "a:b", "a;b", "a@b", "~a"),
    *("100%", "%41", "a#b", 'a"b', "a?b", "a|b", "<a>", "[a]", "{a}", "a^b", "`a`", "a\\b", "$a"),
    *("ñandú", "n\u0303", "日本", "Ω≈ç", "🧬"),
)
TEXTS = st.text(st.sampled_from("ab/.+ &()!',=:;@%~*\\\"\n\rñ日🧬"), max_size=6)
LAMBDA, S3, EVENTS = "lambda.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"
ECHO = "def handle(event, context):\n    return event\n"


def filters() -> list[Notification]:
    return [Notification(function_name="f", prefix=f"{x}/in/", suffix=f"{x}.t x") for x in NAMES]


def keys() -> list[str]:
    return [f"{name}/in/file {name}.t x" for name in NAMES]


@given(key=TEXTS, prefix=TEXTS, suffix=TEXTS)
def test_a_notification_is_about_the_keys_that_begin_and_end_as_the_file_says(
    key: str, prefix: str, suffix: str
) -> None:
    written = (filter_value(prefix), filter_value(suffix))
    assert passes(key, *written) is (key.startswith(prefix) and key.endswith(suffix))
    assert passes(f"{prefix}{key}{suffix}", *written)


@given(one=TEXTS, other=TEXTS)
def test_filters_overlap_by_what_they_mean(one: str, other: str) -> None:
    rules = [
        {"events": ["s3:ObjectCreated:*"], "filter_suffix": filter_value(suffix)}
        for suffix in (one, other)
    ]
    assert (overlap(rules) is not None) is (one.endswith(other) or other.endswith(one))


@pytest.mark.parametrize("raw", ["a b/", "a=1/", "a&b/", "~a/", "ñ/", "a%/", "a%2/"])
def test_a_filter_that_is_not_encoded_matches_nothing(raw: str) -> None:
    """S3 takes it and sends nothing, as people have found out."""
    assert not passes(f"{raw}x", raw, None)
    assert passes(f"{raw}x", filter_value(raw), None)


@given(start=TEXTS.filter(lambda text: "*" not in text), rest=TEXTS, end=TEXTS)
def test_a_wildcard_of_a_policy_is_any_text_and_a_policy_without_one_a_single_name(
    start: str, rest: str, end: str
) -> None:
    assert wildcard(f"{start}*", False).match(start + rest)
    if not rest.startswith(start):
        assert not wildcard(f"{start}*", False).match(rest)
    assert (wildcard(start, False).match(start + end) is not None) is (not end)


@pytest.fixture
def function(bare_cloud: CloudAddress) -> str:
    """The ARN of a function that buckets and rules of this account may start."""
    role = make_role(bare_cloud, "odd-names", LAMBDA)
    arn = make_function(bare_cloud, "odd-names", role, ECHO)
    for service in (S3, EVENTS):
        bare_cloud.client("lambda").add_permission(
            FunctionName="odd-names",
            StatementId=service.partition(".")[0],
            Action="lambda:InvokeFunction",
            Principal=service,
            SourceAccount=ACCOUNT,
        )
    return arn


def template(function_arn: str) -> dict[str, Any]:
    """A bucket that notifies the function, and one whose events a rule sends to it."""
    configurations = [
        {
            "Event": "s3:ObjectCreated:*",
            "Function": function_arn,
            "Filter": {
                "S3Key": {
                    "Rules": [
                        {"Name": "prefix", "Value": filter_value(one.prefix)},
                        {"Name": "suffix", "Value": filter_value(one.suffix)},
                    ]
                }
            },
        }
        for one in filters()
    ]
    notified = {"LambdaConfigurations": configurations}
    followed = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    # A rule has at most some thousand letters of pattern.
    by_rule = {
        f"Rule{number}": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": event_patterns("odd-names-ruled", [one])[0],
                "Targets": [{"Arn": function_arn, "Id": "Function"}],
            },
        }
        for number, one in enumerate(filters())
    }
    return {
        "Notifying": bucket("odd-names-notified", notified),
        "Followed": bucket("odd-names-ruled", followed),
        **by_rule,
    }


def bucket(name: str, notifications: dict[str, Any]) -> dict[str, Any]:
    properties = {"BucketName": name, "NotificationConfiguration": notifications}
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def test_every_folder_and_suffix_starts_its_function(
    bare_cloud: CloudAddress, function: str
) -> None:
    formation, storage = bare_cloud.client("cloudformation"), bare_cloud.client("s3")
    body = json.dumps({"Resources": template(function)})
    formation.create_stack(StackName="odd-names", TemplateBody=body)

    def status() -> str:
        return str(formation.describe_stacks(StackName="odd-names")["Stacks"][0]["StackStatus"])

    eventually(lambda: status() == "CREATE_COMPLETE")
    for name in ("odd-names-notified", "odd-names-ruled"):
        for key in keys():
            storage.put_object(Bucket=name, Key=key)
            storage.put_object(Bucket=name, Key=f"x{key}")
    assert not wait(bare_cloud, WAIT_SECONDS, quiet)
    executions = bare_cloud.activity()["executions"]
    inputs = sorted(row["input"] for row in executions if row["function"] == "odd-names")
    buckets = ("odd-names-notified", "odd-names-ruled")
    assert inputs == sorted(f"{name}/{key}" for name in buckets for key in keys())


def test_a_notification_has_the_key_encoded_and_an_event_of_eventbridge_as_it_is(
    bare_cloud: CloudAddress,
) -> None:
    queues, storage = bare_cloud.client("sqs"), bare_cloud.client("s3")
    url = queues.create_queue(QueueName="odd-names")["QueueUrl"]
    attribute = "QueueArn"
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    statement = {
        **allow("sqs:SendMessage", arn[attribute]),
        "Principal": {"Service": [S3, EVENTS]},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    storage.create_bucket(Bucket="odd-names-queued")
    target = {"QueueArn": arn[attribute], "Events": ["s3:ObjectCreated:*"]}
    storage.put_bucket_notification_configuration(
        Bucket="odd-names-queued",
        NotificationConfiguration={
            "QueueConfigurations": [target],
            "EventBridgeConfiguration": {},
        },
    )
    events = bare_cloud.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["odd-names-queued"]}}}
    events.put_rule(Name="odd-names-queued", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="odd-names-queued", Targets=[{"Id": "1", "Arn": arn[attribute]}])
    key = "a b/ñ+(1)&%41.txt"
    storage.put_object(Bucket="odd-names-queued", Key=key)
    assert not wait(bare_cloud, WAIT_SECONDS, quiet)
    found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    bodies = [json.loads(message["Body"]) for message in found]
    told = [body["detail"]["object"]["key"] for body in bodies if "detail" in body]
    notified = [body["Records"][0]["s3"]["object"]["key"] for body in bodies if "Records" in body]
    assert told == [key]
    (encoded,) = notified
    assert (encoded.startswith("a+b/"), unquote_plus(encoded)) == (True, key)


@pytest.mark.parametrize("key", ["in/a\nb", "in/\n", "in/a\r\nb", "in/", "in//a", "in/a//b/"])
def test_a_policy_on_a_folder_is_about_every_key_in_it(bare_cloud: CloudAddress, key: str) -> None:
    storage = reader_of(bare_cloud, "folder-reader", "odd-names-keys/in/*")
    bare_cloud.client("s3").put_object(Bucket="odd-names-keys", Key=key, Body=key.encode())
    read = storage.get_object(Bucket="odd-names-keys", Key=key)["Body"].read()
    assert read == key.encode()


@pytest.mark.parametrize("key", ["in/a\n", "in//a", "/in/a", "in/a/"])
def test_a_policy_on_one_key_is_about_no_other(bare_cloud: CloudAddress, key: str) -> None:
    storage = reader_of(bare_cloud, "key-reader", "odd-names-keys/in/a")
    bare_cloud.client("s3").put_object(Bucket="odd-names-keys", Key=key)
    with pytest.raises(ClientError, match=r"Forbidden|not authorized|AccessDenied"):
        storage.get_object(Bucket="odd-names-keys", Key=key)


def reader_of(cloud: CloudAddress, name: str, place: str) -> Any:
    """S3 as somebody who may read that place of a bucket, and nothing else."""
    cloud.client("s3").create_bucket(Bucket=place.partition("/")[0])
    try:
        arn = make_role(cloud, name, None, allow("s3:GetObject", f"arn:aws:s3:::{place}"))
    except cloud.client("iam").exceptions.EntityAlreadyExistsException:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return client_of(cloud, arn, "s3")
