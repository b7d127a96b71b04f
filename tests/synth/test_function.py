"""What one function becomes, in each mode."""

from __future__ import annotations

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.model import ExecutionMode
from tests.synth.models import function, workflow
from tests.synth.synthesis import flat, template_of

LAMBDA_RESOURCES = {
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
}
BATCH_RESOURCES = {
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobQueue",
    "AWS::Batch::SchedulingPolicy",
    "AWS::Batch::JobDefinition",
    "AWS::EC2::LaunchTemplate",
    "AWS::Events::Rule",
}


@pytest.fixture(scope="module")
def lambda_template() -> Template:
    return template_of(
        workflow(
            function(
                lambda_environment={"STAGE": "test"},
                description="makes thumbnails",
                tags={"team": "imaging"},
                retries=1,
                ephemeral_storage_mib=2048,
                log_retention_days=7,
            )
        )
    )


@pytest.fixture(scope="module")
def batch_template() -> Template:
    return template_of(workflow(function(execution_mode=ExecutionMode.BATCH)))


@pytest.fixture(scope="module")
def both_template() -> Template:
    return template_of(workflow(function(execution_mode=ExecutionMode.LAMBDA_BATCH)))


def test_lambda_mode_runs_the_derived_image(lambda_template: Template) -> None:
    lambda_template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": "thumbnails",
            "Description": "makes thumbnails",
            "PackageType": "Image",
            "Architectures": ["x86_64"],
            "Code": {"ImageUri": Match.any_value()},
            "MemorySize": 512,
            "Timeout": 300,
            "EphemeralStorage": {"Size": 2048},
            "Environment": {
                "Variables": {"STAGE": "test", "SCAR_SPOOL_BUCKET": {"Ref": Match.any_value()}}
            },
            "Tags": [{"Key": "team", "Value": "imaging"}],
        },
    )


def test_lambda_mode_makes_nothing_of_batch(lambda_template: Template) -> None:
    made = _types_of_function(lambda_template)
    assert made == LAMBDA_RESOURCES


def test_failed_events_go_to_the_queue_after_the_retries(lambda_template: Template) -> None:
    lambda_template.has_resource_properties(
        "AWS::Lambda::EventInvokeConfig",
        {
            "MaximumRetryAttempts": 1,
            "Qualifier": "$LATEST",
            "DestinationConfig": {
                "OnFailure": {
                    "Destination": {
                        "Fn::GetAtt": [Match.string_like_regexp("FailuresQueue"), "Arn"]
                    }
                }
            },
        },
    )


def test_the_log_group_is_the_functions_own_and_goes_with_it(lambda_template: Template) -> None:
    lambda_template.has_resource(
        "AWS::Logs::LogGroup",
        {
            "Properties": {"LogGroupName": "/aws/lambda/thumbnails", "RetentionInDays": 7},
            "DeletionPolicy": "Delete",
        },
    )


def test_only_the_named_bucket_of_this_account_may_invoke(lambda_template: Template) -> None:
    lambda_template.has_resource_properties(
        "AWS::Lambda::Permission",
        {
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::photos"]]},
        },
    )


def test_batch_mode_dispatches_from_a_zip(batch_template: Template) -> None:
    batch_template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "FunctionName": "thumbnails",
            "PackageType": Match.absent(),
            "Runtime": "python3.14",
            "Handler": "scar_runtime.handler.dispatch",
            "Architectures": ["x86_64"],
            "Environment": {
                "Variables": {
                    "SCAR_FUNCTION_CONFIG": "/var/task/config.json",
                    "SCAR_JOB_DEFINITION": "thumbnails",
                    "SCAR_JOB_QUEUE": {"Fn::GetAtt": [Match.any_value(), "JobQueueArn"]},
                    "SCAR_SPOOL_BUCKET": {"Ref": Match.any_value()},
                }
            },
        },
    )
    assert _types_of_function(batch_template) == LAMBDA_RESOURCES | BATCH_RESOURCES


def test_lambda_batch_mode_has_the_image_in_both_places(both_template: Template) -> None:
    both_template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "PackageType": "Image",
            "Environment": {
                "Variables": {
                    "SCAR_FUNCTION_CONFIG": Match.absent(),
                    "SCAR_JOB_DEFINITION": "thumbnails",
                }
            },
        },
    )
    (lambda_function,) = both_template.find_resources("AWS::Lambda::Function").values()
    (definition,) = both_template.find_resources("AWS::Batch::JobDefinition").values()
    in_lambda = flat(lambda_function["Properties"]["Code"]["ImageUri"])
    assert in_lambda == flat(definition["Properties"]["ContainerProperties"]["Image"])
    assert _types_of_function(both_template) == LAMBDA_RESOURCES | BATCH_RESOURCES


@pytest.mark.parametrize(
    ("mode", "most"),
    [(ExecutionMode.LAMBDA, 12), (ExecutionMode.BATCH, 22), (ExecutionMode.LAMBDA_BATCH, 22)],
)
def test_a_function_stays_small(mode: ExecutionMode, most: int) -> None:
    template = template_of(workflow(function(execution_mode=mode)))
    assert len(_of_function(template)) <= most


def _of_function(template: Template) -> dict[str, str]:
    return {
        name: resource["Type"]
        for name, resource in template.to_json()["Resources"].items()
        if resource["Metadata"]["aws:cdk:path"].startswith("flow/Functions/")
    }


def _types_of_function(template: Template) -> set[str]:
    return set(_of_function(template).values())
