"""What stays when a stack goes, and that nothing of it is in the way when the stack comes back.

CloudFormation takes back what is kept and named to the letter, and only then:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scar_constructs.model.limits import API_LOGS_ROLE_ID, SPOOL_ID
from tests.synth.synthesis import Json, resources

KEPT = sorted((Path(__file__).parents[1] / "golden" / "templates").glob("*/*.template.json"))
NAMES = {
    "AWS::Batch::JobDefinition": "JobDefinitionName",
    "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
}
"""The property that names a resource of a type, where two of one name cannot be."""
UNNAMED_AND_KEPT = {
    "AWS::S3::Bucket": SPOOL_ID,
    "AWS::IAM::Role": API_LOGS_ROLE_ID,
    "AWS::ApiGateway::Account": "SharedApiAccount",
}
"""Type -> how the logical ids begin of what stays without a name: `prune` finds it by these."""


def all_resources() -> Iterator[tuple[str, Json]]:
    for path in KEPT:
        yield from resources(json.loads(path.read_text())).items()


@pytest.fixture(scope="module")
def every_resource() -> list[tuple[str, Json]]:
    return list(all_resources())


def is_kept(resource: Json) -> bool:
    return bool(resource.get("DeletionPolicy", "Delete") != "Delete")


def name_of(resource: Json) -> object:
    return resource["Properties"].get(NAMES.get(resource["Type"], ""))


def test_whatever_is_kept_under_a_name_can_be_taken_back(
    every_resource: list[tuple[str, Json]],
) -> None:
    kept = [one for _, one in every_resource if is_kept(one) and name_of(one) is not None]
    assert kept
    for resource in kept:
        assert resource["Type"] == "AWS::S3::Bucket"
        assert isinstance(name_of(resource), str)
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_whatever_is_kept_without_a_name_is_known_by_its_place(
    every_resource: list[tuple[str, Json]],
) -> None:
    for logical_id, resource in every_resource:
        if is_kept(resource) and name_of(resource) is None:
            assert logical_id.startswith(UNNAMED_AND_KEPT[resource["Type"]]), logical_id


def test_the_policy_of_a_kept_bucket_goes_so_that_the_next_stack_can_make_it(
    every_resource: list[tuple[str, Json]],
) -> None:
    policies = [one for _, one in every_resource if one["Type"] == "AWS::S3::BucketPolicy"]
    assert policies
    assert not any(is_kept(one) for one in policies)


def test_a_failed_first_deployment_leaves_no_bucket(
    every_resource: list[tuple[str, Json]],
) -> None:
    buckets = [one for _, one in every_resource if one["Type"] == "AWS::S3::Bucket"]
    assert {one["DeletionPolicy"] for one in buckets} == {"RetainExceptOnCreate"}
