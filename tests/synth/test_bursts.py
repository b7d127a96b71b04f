"""Bursts: the queue of a function's files, who may send to it, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.synth.synthesis import Json, as_list, flat, resources, statements, templates_of_files

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"
FUNCTION = """\
functions:
  aws:
  - lambda:
      name: resize
      container: {{image: debian}}
      init_script: run.sh
      execution_mode: batch
      timeout: 100
      input: [{{storage_provider: s3, path: pictures/in, suffix: [.jpg]}}]
      output: [{{storage_provider: s3, path: results/out}}]
    batch: {{burst: {burst}}}
"""


def synthesised(folder: Path, **files: str) -> dict[str, Json]:
    """The templates of these files, by stack."""
    (folder / "run.sh").write_text("#!/bin/sh\n")
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return templates_of_files(folder)


def of_type(template: Json, kind: str, path: str = "") -> Mapping[str, Any]:
    """The properties of the only resource of a type below a construct path."""
    (found,) = (
        one["Properties"]
        for one in resources(template, kind).values()
        if path in one["Metadata"]["aws:cdk:path"]
    )
    return dict(found)


def senders(template: Json) -> dict[str, Any]:
    """Service -> the condition on which it may send to the queue."""
    policy = of_type(template, "AWS::SQS::QueuePolicy", "resize/Queue/")["PolicyDocument"][
        "Statement"
    ]
    return {
        one["Principal"]["Service"]: one["Condition"] for one in policy if one["Effect"] == "Allow"
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Json:
    text = FUNCTION.format(burst="{window: 2m, max: 500}")
    return synthesised(tmp_path_factory.mktemp("burst"), flow=text)["flow"]


def test_lambda_gathers_what_the_file_says_and_takes_partial_answers(template: Json) -> None:
    mapping = of_type(template, "AWS::Lambda::EventSourceMapping")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (500, 120)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_message_is_hidden_longer_than_any_call_and_ends_in_the_failure_queue(
    template: Json,
) -> None:
    queue = of_type(template, "AWS::SQS::Queue", "resize/Queue/")
    assert queue["QueueName"] == "scar-events-resize"
    assert queue["VisibilityTimeout"] == 6 * 100 + 120
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert "ServiceQueue" in flat(queue["RedrivePolicy"]["deadLetterTargetArn"])


def test_the_bucket_tells_the_queue_and_may_send_to_it(template: Json) -> None:
    told = of_type(template, "AWS::S3::Bucket", "/pictures/")["NotificationConfiguration"]
    assert "LambdaConfigurations" not in told
    [one] = told["QueueConfigurations"]
    assert flat(one["Queue"]).endswith(":scar-events-resize")
    rules = [(rule["Name"], rule["Value"]) for rule in one["Filter"]["S3Key"]["Rules"]]
    assert rules == [("prefix", "in/"), ("suffix", ".jpg")]
    condition = senders(template)["s3.amazonaws.com"]
    sources = [flat(arn) for arn in as_list(condition["ArnEquals"]["aws:SourceArn"])]
    assert sources == ["arn:<AWS::Partition>:s3:::pictures"]
    assert flat(condition["StringEquals"]["aws:SourceAccount"]) == "<AWS::AccountId>"


def test_what_s3_still_sends_to_the_function_is_not_refused(template: Json) -> None:
    """For minutes after a notification has changed."""
    permission = of_type(template, "AWS::Lambda::Permission")
    assert (permission["Action"], permission["Principal"]) == (
        "lambda:InvokeFunction",
        "s3.amazonaws.com",
    )


def test_the_bucket_waits_for_the_policy_of_the_queue(template: Json) -> None:
    """S3 sends a message to try the queue when the notification is set."""
    (policy,) = (
        name
        for name, one in resources(template, "AWS::SQS::QueuePolicy").items()
        if "resize/Queue/" in one["Metadata"]["aws:cdk:path"]
    )
    (bucket,) = (
        one
        for one in resources(template, "AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "pictures"
    )
    assert policy in bucket["DependsOn"]


def test_the_dispatcher_may_read_its_own_queue_and_a_job_may_not(template: Json) -> None:
    granted = [
        (path, one) for path, one in statements(template) if "sqs:ReceiveMessage" in one["Action"]
    ]
    [(path, statement)] = granted
    assert path == "flow/Functions/resize/Role/Resource"
    assert flat(statement["Resource"]).endswith(":scar-events-resize")


def test_an_array_itself_is_no_failed_job(template: Json) -> None:
    rule = of_type(template, "AWS::Events::Rule", "/FailedJobs")
    assert rule["EventPattern"]["detail"]["arrayProperties"] == {"size": [{"exists": False}]}


def test_a_rule_of_eventbridge_sends_to_the_queue(tmp_path: Path) -> None:
    text = FUNCTION.format(burst="{}") + "buckets: {pictures: {event_bridge: true}}\n"
    template = synthesised(tmp_path, flow=text)["flow"]
    rule = of_type(template, "AWS::Events::Rule", "/Follow-pictures/")
    assert "resizeQueue" in flat(rule["Targets"][0]["Arn"])
    [source] = as_list(senders(template)["events.amazonaws.com"]["ArnEquals"]["aws:SourceArn"])
    assert "Followpictures" in flat(source)


def test_a_retired_burst_keeps_its_queue_and_gets_no_new_file(tmp_path: Path) -> None:
    template = synthesised(tmp_path, flow=FUNCTION.format(burst="{retired: true}"))["flow"]
    told = of_type(template, "AWS::S3::Bucket", "/pictures/")["NotificationConfiguration"]
    assert [*told] == ["LambdaConfigurations"]
    assert of_type(template, "AWS::Lambda::EventSourceMapping")["BatchSize"] == 10_000
    assert "s3.amazonaws.com" in senders(template)


def test_a_bucket_of_another_stack_names_the_queue(tmp_path: Path) -> None:
    other = FUNCTION.format(burst="{}").replace("resize", "other").replace("results", "pictures")
    other = other.replace("pictures/in", "others/in").replace("out}]", "in/more}]")
    templates = synthesised(tmp_path, flow=FUNCTION.format(burst="{}"), other=other)
    told = of_type(templates["other"], "AWS::S3::Bucket", "/pictures/")
    [one] = told["NotificationConfiguration"]["QueueConfigurations"]
    assert flat(one["Queue"]) == (
        "arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:scar-events-resize"
    )


def test_the_stack_s_key_encrypts_the_queue(tmp_path: Path) -> None:
    text = f"kms_key: {KEY}\n" + FUNCTION.format(burst="{}")
    template = synthesised(tmp_path, flow=text)["flow"]
    assert of_type(template, "AWS::SQS::Queue", "resize/Queue/")["KmsMasterKeyId"] == KEY


def test_defaults_are_for_the_functions_that_have_jobs(tmp_path: Path) -> None:
    lines = FUNCTION.format(burst="{}").replace("execution_mode: batch", "execution_mode: lambda")
    text = "defaults: {batch: {burst: {}}}\n" + lines.replace("    batch: {burst: {}}\n", "")
    template = synthesised(tmp_path, flow=text)["flow"]
    assert not resources(template, "AWS::Lambda::EventSourceMapping")
