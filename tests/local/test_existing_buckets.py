"""The command that sends an existing bucket's events to EventBridge, and who misses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language.workflow.existing_buckets import event_bridge_command
from scar_constructs.local.server import CloudAddress

AWS_CLI = f"""#!{sys.executable}
import json, sys
import boto3, jmespath
service, operation, *words = sys.argv[1:]
operation, flags, options = operation.replace("-", "_"), {{}}, {{}}
while words:
    name = words.pop(0).removeprefix("--")
    if words and not words[0].startswith("--"):
        options[name] = words.pop(0)
    else:
        flags["".join(word.capitalize() for word in name.split("-"))] = True
query, _ = options.pop("query", "@"), options.pop("output", None)
request = {{"".join(word.capitalize() for word in name.split("-")): text
           for name, text in options.items()}}
if "NotificationConfiguration" in request:
    request["NotificationConfiguration"] = json.loads(request["NotificationConfiguration"])
answer = getattr(boto3.client(service.removesuffix("api")), operation)(**request, **flags)
answer.pop("ResponseMetadata")
print(json.dumps(jmespath.search(query, answer)))
"""
"""As much of the AWS CLI as the command uses: names, `--query`, JSON in and out."""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    (folder / "aws").write_text(AWS_CLI)
    (folder / "aws").chmod(0o755)
    return folder


def new_bucket(cloud: CloudAddress) -> str:
    name = f"theirs.{uuid.uuid4()}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def notified(cloud: CloudAddress, bucket: str) -> dict[str, Any]:
    answer = cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def switch_on(cloud: CloudAddress, bucket: str, tools: Path) -> None:
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-c", event_bridge_command(bucket)],
        env={**os.environ, **cloud.environment(), "PATH": path},
        check=True,
    )


def queue(cloud: CloudAddress) -> str:
    """A queue that S3 may send to."""
    sqs = cloud.client("sqs")
    allow: Mapping[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": "*"}]}
    made = sqs.create_queue(
        QueueName=f"theirs-{uuid.uuid4()}", Attributes={"Policy": json.dumps(policy)}
    )
    asked = {"QueueUrl": made["QueueUrl"], "AttributeNames": ["QueueArn"]}
    return str(sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"])


def test_a_bucket_that_notifies_nobody_is_switched_on(
    bare_cloud: CloudAddress, tools: Path
) -> None:
    bucket = new_bucket(bare_cloud)
    switch_on(bare_cloud, bucket, tools)
    assert notified(bare_cloud, bucket) == {"EventBridgeConfiguration": {}}


def test_whom_a_bucket_notifies_already_stays(bare_cloud: CloudAddress, tools: Path) -> None:
    bucket = new_bucket(bare_cloud)
    theirs = {
        "QueueConfigurations": [
            {
                "Id": "theirs",
                "QueueArn": queue(bare_cloud),
                "Events": ["s3:ObjectRemoved:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a+b/"}]}},
            }
        ]
    }
    bare_cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=theirs
    )
    for _ in range(2):
        switch_on(bare_cloud, bucket, tools)
        assert notified(bare_cloud, bucket) == {**theirs, "EventBridgeConfiguration": {}}


def test_files_that_a_rule_waits_for_in_vain_are_told_of(bare_cloud: CloudAddress) -> None:
    silent, heard = new_bucket(bare_cloud), new_bucket(bare_cloud)
    storage, events = bare_cloud.client("s3"), bare_cloud.client("events")
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [silent, heard]}},
    }
    storage.put_bucket_notification_configuration(
        Bucket=heard, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    events.put_rule(Name=f"follow-{uuid.uuid4()}", EventPattern=json.dumps(pattern))
    for bucket in (silent, heard):
        storage.put_object(Bucket=bucket, Key="in/x", Body=b"")
    told = " ".join(bare_cloud.activity()["warnings"])
    assert f"{silent} does not send its events to EventBridge" in told
    assert heard not in told
