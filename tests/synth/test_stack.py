"""A whole stack: what is in it, and what must never be."""

from __future__ import annotations

import json

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.model import ExecutionMode, Input
from tests.synth.models import function, workflow
from tests.synth.synthesis import (
    Json,
    flat,
    manifest_of,
    resources,
    template_of,
    templates_of,
)


@pytest.fixture(scope="module")
def template() -> Json:
    """A stack with one function of each mode."""
    return templates_of(
        workflow(
            *(
                function(
                    name=mode.value,
                    execution_mode=mode,
                    inputs=(Input(bucket="photos", folder=mode.value),),
                )
                for mode in ExecutionMode
            ),
            tags={"project": "demo"},
        )
    )["flow"]


def test_no_custom_resource_and_no_function_but_the_users(template: Json) -> None:
    types = [resource["Type"] for resource in resources(template).values()]
    assert not [one for one in types if one.startswith(("Custom::", "AWS::CloudFormation::"))]
    names = {
        resource["Properties"]["FunctionName"]
        for resource in resources(template, "AWS::Lambda::Function").values()
    }
    assert names == {mode.value for mode in ExecutionMode}
    assert types.count("AWS::Lambda::Function") == len(ExecutionMode)


def test_nothing_tells_of_the_machine_it_was_made_on(template: Json) -> None:
    assert "CDKMetadata" not in template["Resources"]
    for resource in resources(template).values():
        assert "aws:asset:path" not in resource["Metadata"]


def test_the_stack_goes_to_any_account_and_region(template: Json) -> None:
    queue = next(iter(resources(template, "AWS::Batch::JobDefinition").values()))
    options = queue["Properties"]["ContainerProperties"]["LogConfiguration"]["Options"]
    assert options["awslogs-region"] == {"Ref": "AWS::Region"}


def test_tags_reach_everything_but_what_they_would_replace(template: Json) -> None:
    tag = {"Key": "project", "Value": "demo"}
    for resource in resources(template, "AWS::Lambda::Function", "AWS::IAM::Role").values():
        assert tag in resource["Properties"]["Tags"]
    untouchable = resources(template, "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue")
    for resource in untouchable.values():
        assert "Tags" not in resource["Properties"]


def test_two_failure_queues_encrypted_and_tls_only(template: Json) -> None:
    stack = Template.from_json(template)
    stack.resource_count_is("AWS::SQS::Queue", 2)
    stack.all_resources_properties(
        "AWS::SQS::Queue", {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 14 * 24 * 3600}
    )
    tls_only = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    stack.all_resources_properties(
        "AWS::SQS::QueuePolicy",
        {"PolicyDocument": {"Statement": Match.array_with([Match.object_like(tls_only)])}},
    )


def test_rules_of_this_account_and_no_one_else_send_to_the_queue_of_services(
    template: Json,
) -> None:
    allowed = [
        statement
        for policy in resources(template, "AWS::SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    (rules,) = allowed
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    condition = rules["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    source = flat(condition["ArnLike"]["aws:SourceArn"])
    assert source == "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/*"


def test_no_policy_goes_by_the_stack_s_name_which_is_cut_in_generated_names(
    template: Json,
) -> None:
    policies = ("AWS::IAM::Role", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")
    for name, resource in resources(template, *policies).items():
        assert "AWS::StackName" not in json.dumps(resource["Properties"]), name


def test_the_spool_expires_and_stays(template: Json) -> None:
    Template.from_json(template).has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {
                "BucketName": Match.absent(),
                "VersioningConfiguration": Match.absent(),
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "expire",
                            "Status": "Enabled",
                            "ExpirationInDays": 30,
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        }
                    ]
                },
            },
        },
    )


def test_only_functions_and_buckets_bear_the_users_names(template: Json) -> None:
    """What has a name cannot be replaced. Log groups are found by name, definitions run by it."""
    named = {
        resource["Type"]
        for resource in resources(template).values()
        if any(
            isinstance(resource["Properties"].get(key), str)
            for key in (
                "BucketName",
                "ComputeEnvironmentName",
                "FunctionName",
                "JobDefinitionName",
                "JobQueueName",
                "LaunchTemplateName",
                "LogGroupName",
                "Name",
                "QueueName",
                "RoleName",
            )
        )
    }
    assert named == {
        "AWS::Lambda::Function",
        "AWS::S3::Bucket",
        "AWS::Logs::LogGroup",
        "AWS::Batch::JobDefinition",
    }


def test_a_lambda_stack_has_no_network() -> None:
    template = template_of(workflow(function()))
    template.resource_count_is("AWS::EC2::VPC", 0)
    template.resource_count_is("AWS::IAM::InstanceProfile", 0)


def test_a_region_of_the_file_is_where_the_stack_goes() -> None:
    manifest = manifest_of(workflow(function(), region="eu-west-1"))
    assert manifest["artifacts"]["flow"]["environment"] == "aws://unknown-account/eu-west-1"


def test_stacks_are_deployed_after_those_they_notify() -> None:
    manifest = manifest_of(
        workflow(function(), name="first"),
        workflow(
            function(name="other", inputs=(Input(bucket="scans", folder=""),), outputs=()),
            name="last",
            depends_on=("first",),
        ),
    )
    assert "first" in manifest["artifacts"]["last"]["dependencies"]
