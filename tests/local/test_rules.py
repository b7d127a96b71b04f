"""What AWS refuses, the local cloud refuses: asked through boto3, without containers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scar_constructs.local.run import wait
from scar_constructs.local.server import ACCOUNT, REGION, CloudAddress
from tests.local.accounts import allow, client_of, make_function, make_role
from tests.local.workflows import quiet
from tests.support.waiting import eventually

LAMBDA = "lambda.amazonaws.com"
BATCH_ARN = f"arn:aws:batch:{REGION}:{ACCOUNT}"
ECHO = "def handle(event, context):\n    return {'event': event, 'id': context.aws_request_id}\n"


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def make_batch(cloud: CloudAddress, name: str) -> Any:
    """A queue and a job definition of this name; Batch's client."""
    batch = cloud.client("batch")
    batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED")
    order = [{"order": 1, "computeEnvironment": name}]
    batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)
    requirements = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "256"}]
    batch.register_job_definition(
        jobDefinitionName=name,
        type="container",
        containerProperties={"image": "nowhere", "resourceRequirements": requirements},
    )
    return batch


def submit(batch: Any, queue: str, definition: str, **more: Any) -> str:
    answer = batch.submit_job(jobName="j", jobQueue=queue, jobDefinition=definition, **more)
    return str(answer["jobId"])


def test_submit_job_is_authorized_on_the_queue_and_on_the_definition(
    bare_cloud: CloudAddress,
) -> None:
    make_batch(bare_cloud, "mine")
    make_batch(bare_cloud, "other")
    resources = (f"{BATCH_ARN}:job-queue/mine", f"{BATCH_ARN}:job-definition/mine:*")
    role = make_role(bare_cloud, "submitter", None, allow("batch:SubmitJob", *resources))
    batch = client_of(bare_cloud, role, "batch")
    submit(batch, "mine", "mine")
    submit(batch, resources[0], f"{BATCH_ARN}:job-definition/mine:1")
    for queue, definition in (("other", "mine"), ("mine", "other")):
        with pytest.raises(ClientError, match="not authorized to perform: batch:SubmitJob"):
            submit(batch, queue, definition)
    with pytest.raises(ClientError, match="not authorized to perform: batch:DescribeJobs"):
        batch.describe_jobs(jobs=["x"])


def test_submit_job_can_be_bound_to_a_share(bare_cloud: CloudAddress) -> None:
    """A queue may be shared by functions that do not trust each other with their shares."""
    name = "bound"
    batch = make_batch(bare_cloud, name)
    policy = batch.create_scheduling_policy(name=name)["arn"]
    batch.create_job_queue(
        jobQueueName="bound-fair",
        priority=1,
        schedulingPolicyArn=policy,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": name}],
    )
    resources = (f"{BATCH_ARN}:job-queue/bound-fair", f"{BATCH_ARN}:job-definition/{name}:*")
    right = dict(allow("batch:SubmitJob", *resources))
    right["Condition"] = {"StringEquals": {"batch:ShareIdentifier": "mine"}}
    client = client_of(bare_cloud, make_role(bare_cloud, name, None, right), "batch")
    priority = {"schedulingPriorityOverride": 1}
    submit(client, "bound-fair", name, shareIdentifier="mine", **priority)
    for share in ({"shareIdentifier": "other"}, {}):
        with pytest.raises(ClientError, match="not authorized to perform: batch:SubmitJob"):
            submit(client, "bound-fair", name, **share, **priority)


def test_batch_limits(bare_cloud: CloudAddress) -> None:
    batch = make_batch(bare_cloud, "limits")

    def with_characters(count: int) -> dict[str, Any]:
        environment = [{"name": "A", "value": "x" * count}]
        return {"containerOverrides": {"environment": environment}}

    with pytest.raises(ClientError, match="Job size must be less than 30 KiB, got 39 KiB"):
        submit(batch, "limits", "limits", **with_characters(40_000))
    job = submit(batch, "limits", "limits", **with_characters(10_000))

    def described() -> dict[str, Any]:
        return dict(batch.describe_jobs(jobs=[job])["jobs"][0])

    eventually(lambda: described()["status"] == "FAILED")
    assert described()["statusReason"] == "Container Overrides length must be at most 8192"


def notify(cloud: CloudAddress, bucket: str, *rules: tuple[str, str]) -> None:
    """Set the bucket's notifications: (function ARN, prefix) each."""
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
                }
                for arn, prefix in rules
            ]
        },
    )


def permit(cloud: CloudAddress, function: str, bucket: str, account: str = ACCOUNT) -> None:
    cloud.client("lambda").add_permission(
        FunctionName=function,
        StatementId=f"s-{bucket}-{account}",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount=account,
    )


def executions(cloud: CloudAddress, function: str) -> list[dict[str, Any]]:
    assert not wait(cloud, 30, quiet)
    return [row for row in cloud.activity()["executions"] if row["function"] == function]


def test_a_notification_needs_the_functions_permission(bare_cloud: CloudAddress) -> None:
    storage = bare_cloud.client("s3")
    storage.create_bucket(Bucket="permitted")
    role = make_role(bare_cloud, "permitted", LAMBDA)
    arn = make_function(bare_cloud, "permitted", role, ECHO)
    with pytest.raises(ClientError, match="Unable to validate the following destination") as error:
        notify(bare_cloud, "permitted", (arn, "in/"))
    assert refusal(error) == "InvalidArgument"
    permit(bare_cloud, "permitted", "permitted", account="999999999999")
    with pytest.raises(ClientError, match="Unable to validate"):
        notify(bare_cloud, "permitted", (arn, "in/"))
    permit(bare_cloud, "permitted", "permitted")
    notify(bare_cloud, "permitted", (arn, "in/"))
    storage.put_object(Bucket="permitted", Key="in/x y", Body=b"")
    storage.put_object(Bucket="permitted", Key="elsewhere/x", Body=b"")
    (row,) = executions(bare_cloud, "permitted")
    assert (row["input"], row["status"]) == ("permitted/in/x y", "succeeded")
    bare_cloud.client("lambda").remove_permission(
        FunctionName="permitted", StatementId=f"s-permitted-{ACCOUNT}"
    )
    storage.put_object(Bucket="permitted", Key="in/late", Body=b"")
    assert len(executions(bare_cloud, "permitted")) == 1
    assert any("permitted" in text for text in bare_cloud.activity()["warnings"])


def test_overlapping_notifications_are_refused(bare_cloud: CloudAddress) -> None:
    bare_cloud.client("s3").create_bucket(Bucket="overlapping")
    role = make_role(bare_cloud, "overlapping", LAMBDA)
    arn = make_function(bare_cloud, "overlapping", role, ECHO)
    permit(bare_cloud, "overlapping", "overlapping")
    with pytest.raises(ClientError, match="Configuration is ambiguously defined"):
        notify(bare_cloud, "overlapping", (arn, "in/"), (arn, "in/sub/"))
    notify(bare_cloud, "overlapping", (arn, "in/"), (arn, "other/"))


def test_a_function_cannot_forge_its_result(bare_cloud: CloudAddress) -> None:
    role = make_role(bare_cloud, "printer", LAMBDA)
    source = (
        "def handle(event, context):\n    print('{\"result\": 1}')\n    raise ValueError('no')\n"
    )
    make_function(bare_cloud, "printer", role, source)
    answer = bare_cloud.client("lambda").invoke(FunctionName="printer", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorMessage"] == "no"


def test_a_role_that_does_not_trust_lambda_runs_nothing(bare_cloud: CloudAddress) -> None:
    role = make_role(bare_cloud, "untrusting", "ecs-tasks.amazonaws.com")
    make_function(bare_cloud, "untrusting", role, ECHO)
    answer = bare_cloud.client("lambda").invoke(FunctionName="untrusting", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert "does not trust lambda.amazonaws.com" in answer["Payload"].read().decode()


@pytest.mark.parametrize("may_send", [True, False])
def test_a_failed_event_is_sent_with_the_functions_role(
    bare_cloud: CloudAddress, may_send: bool
) -> None:
    name = f"failing-{'may' if may_send else 'may-not'}-send"
    queues, functions = bare_cloud.client("sqs"), bare_cloud.client("lambda")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    statements = [allow("sqs:SendMessage", arn)] if may_send else []
    role = make_role(bare_cloud, name, LAMBDA, *statements)
    make_function(
        bare_cloud, name, role, "def handle(event, context):\n    raise ValueError('x')\n"
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    (row,) = executions(bare_cloud, name)
    assert (row["status"], row["attempts"]) == ("failed", 2)
    messages = queues.receive_message(QueueUrl=url).get("Messages", [])
    warnings = [text for text in bare_cloud.activity()["warnings"] if name in text]
    if may_send:
        record = json.loads(messages[0]["Body"])
        assert record["requestPayload"] == {"n": 1}
        assert record["requestContext"]["approximateInvokeCount"] == 2
        assert record["responsePayload"]["errorMessage"] == "x"
        assert not warnings
    else:
        assert not messages
        assert "is lost" in warnings[0]
        assert "sqs:SendMessage" in warnings[0]


def test_an_absent_image_is_an_error(bare_cloud: CloudAddress) -> None:
    registry = bare_cloud.client("ecr")
    registry.create_repository(repositoryName="images")
    with pytest.raises(ClientError) as error:
        registry.describe_images(repositoryName="images", imageIds=[{"imageTag": "none"}])
    assert refusal(error) == "ImageNotFoundException"


def test_requests_count_as_secure(bare_cloud: CloudAddress) -> None:
    storage = bare_cloud.client("s3")
    storage.create_bucket(Bucket="secured")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::secured", "arn:aws:s3:::secured/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    storage.put_bucket_policy(Bucket="secured", Policy=json.dumps({"Statement": [statement]}))
    storage.put_object(Bucket="secured", Key="x", Body=b"y")
    assert storage.get_object(Bucket="secured", Key="x")["Body"].read() == b"y"


BATCH_TEMPLATE = {
    "Environment": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {"Type": "MANAGED", "ComputeResources": {"Type": "EC2", "MaxvCpus": 4}},
    },
    "Queue": {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "Priority": 1,
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}}],
        },
    },
    "Definition": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "Parameters": {"KeepMyCase": "x"},
            "ContainerProperties": {
                "Image": "nowhere",
                "ResourceRequirements": [
                    {"Type": "VCPU", "Value": "1"},
                    {"Type": "MEMORY", "Value": "256"},
                ],
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}},
            },
        },
    },
}


def template(resources: dict[str, Any]) -> str:
    return json.dumps({"Resources": resources})


def stack_status(cloud: CloudAddress, name: str) -> str:
    stacks = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return str(stacks[0]["StackStatus"])


def test_batch_resources_of_a_stack(bare_cloud: CloudAddress) -> None:
    formation, batch = bare_cloud.client("cloudformation"), bare_cloud.client("batch")
    formation.create_stack(StackName="jobs", TemplateBody=template(BATCH_TEMPLATE))
    eventually(lambda: stack_status(bare_cloud, "jobs") == "CREATE_COMPLETE")

    def resources() -> dict[str, str]:
        listed = formation.describe_stack_resources(StackName="jobs")["StackResources"]
        return {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in listed}

    made = resources()
    (queue,) = batch.describe_job_queues(jobQueues=[made["Queue"]])["jobQueues"]
    order = queue["computeEnvironmentOrder"][0]
    assert order["computeEnvironment"] == made["Environment"]
    (definition,) = batch.describe_job_definitions(jobDefinitions=[made["Definition"]])[
        "jobDefinitions"
    ]
    assert definition["parameters"] == {"KeepMyCase": "x"}
    options = definition["containerProperties"]["logConfiguration"]["options"]
    assert options == {"awslogs-group": "g"}

    changed = json.loads(json.dumps(BATCH_TEMPLATE))
    changed["Definition"]["Properties"]["Parameters"] = {"KeepMyCase": "y"}
    changed["Environment"]["Properties"]["ComputeResources"]["MaxvCpus"] = 8
    formation.update_stack(StackName="jobs", TemplateBody=template(changed))
    eventually(lambda: stack_status(bare_cloud, "jobs") == "UPDATE_COMPLETE")
    updated = resources()
    assert updated["Environment"] == made["Environment"]
    assert updated["Definition"] == made["Definition"].removesuffix(":1") + ":2"
    old = batch.describe_job_definitions(jobDefinitions=[made["Definition"]])["jobDefinitions"]
    assert old[0]["status"] == "INACTIVE"
    (environment,) = batch.describe_compute_environments(computeEnvironments=[made["Environment"]])[
        "computeEnvironments"
    ]
    assert environment["computeResources"]["maxvCpus"] == 8

    formation.delete_stack(StackName="jobs")
    eventually(lambda: not batch.describe_job_queues(jobQueues=[made["Queue"]])["jobQueues"])


def test_a_bucket_with_objects_is_not_deleted(bare_cloud: CloudAddress) -> None:
    formation, storage = bare_cloud.client("cloudformation"), bare_cloud.client("s3")
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "filled"}}}
    formation.create_stack(StackName="filled", TemplateBody=template(resources))
    eventually(lambda: stack_status(bare_cloud, "filled") == "CREATE_COMPLETE")
    storage.put_object(Bucket="filled", Key="x", Body=b"y")
    formation.delete_stack(StackName="filled")
    eventually(lambda: stack_status(bare_cloud, "filled") == "DELETE_FAILED")
    assert storage.get_object(Bucket="filled", Key="x")["Body"].read() == b"y"


def test_two_hundred_files_at_once_are_all_handled(bare_cloud: CloudAddress) -> None:
    """An emulator without a bound starts a process per file and loses some."""
    storage = bare_cloud.client("s3")
    storage.create_bucket(Bucket="crowded")
    arn = make_function(bare_cloud, "crowded", make_role(bare_cloud, "crowded", LAMBDA), ECHO)
    permit(bare_cloud, "crowded", "crowded")
    notify(bare_cloud, "crowded", (arn, "in/"))
    with ThreadPoolExecutor(8) as uploads:
        keys = [f"in/{number}" for number in range(200)]
        list(uploads.map(lambda key: storage.put_object(Bucket="crowded", Key=key), keys))
    rows = executions(bare_cloud, "crowded")
    assert {row["input"] for row in rows} == {f"crowded/{key}" for key in keys}
    assert {row["status"] for row in rows} == {"succeeded"}
    assert len(rows) == 200


def make_rule(cloud: CloudAddress, name: str, target_arn: str) -> str:
    """A rule that sends every finished job to the target; its ARN."""
    events = cloud.client("events")
    pattern = {"source": ["aws.batch"], "detail": {"jobName": [name], "status": ["FAILED"]}}
    arn: str = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target_arn}])
    return arn


def fail_a_job(cloud: CloudAddress, name: str) -> None:
    make_batch(cloud, name).submit_job(jobName=name, jobQueue=name, jobDefinition=name)
    assert not wait(cloud, 30, quiet)


@pytest.mark.parametrize("permitted", [True, False])
def test_a_rule_needs_the_functions_permission(bare_cloud: CloudAddress, permitted: bool) -> None:
    name = f"rule-to-function-{permitted}"
    arn = make_function(bare_cloud, name, make_role(bare_cloud, name, LAMBDA), ECHO)
    rule = make_rule(bare_cloud, name, arn)
    if permitted:
        bare_cloud.client("lambda").add_permission(
            FunctionName=name,
            StatementId="s",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule,
        )
    fail_a_job(bare_cloud, name)
    rows = [row for row in executions(bare_cloud, name) if row["service"] == "lambda"]
    assert len(rows) == (1 if permitted else 0)


@pytest.mark.parametrize("permitted", [True, False])
def test_a_rule_needs_the_queues_permission(bare_cloud: CloudAddress, permitted: bool) -> None:
    name = f"rule-to-queue-{permitted}"
    queues = bare_cloud.client("sqs")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    rule = make_rule(bare_cloud, name, arn)
    if permitted:
        statement = {
            **allow("sqs:SendMessage", arn),
            "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {"ArnLike": {"aws:SourceArn": rule}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    fail_a_job(bare_cloud, name)
    messages = queues.receive_message(QueueUrl=url).get("Messages", [])
    assert len(messages) == (1 if permitted else 0)
