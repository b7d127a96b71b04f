"""Changes of a file: what they may touch, by the create-only lists of the resource types.

CloudFormation cannot replace what bears a name, and must not replace what holds data. The schemas
of the resource types say which properties force a replacement.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import ComputeType, ExecutionMode, Function, Input, Script
from tests.synth.models import batch, compute, function, workflow
from tests.synth.replacements import replaced
from tests.synth.synthesis import Json, resources, templates_of

NAMES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Batch::JobDefinition": "JobDefinitionName",
    "AWS::Batch::ComputeEnvironment": "ComputeEnvironmentName",
    "AWS::Batch::JobQueue": "JobQueueName",
}


JOBS = function(execution_mode=ExecutionMode.BATCH)
OTHER = function(name="other", inputs=(Input(bucket="photos", folder="more"),))


def template(stack: Stack) -> Json:
    return templates_of(stack)[stack.name]


def changed(before: Json, after: Json) -> set[str]:
    """Logical ids that were added, removed or changed."""
    old, new = resources(before), resources(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def path_of(template_: Json, name: str) -> str:
    path: str = template_["Resources"][name]["Metadata"]["aws:cdk:path"]
    return path


CHANGES: dict[str, tuple[Function, Function]] = {
    "memory": (JOBS, function(execution_mode=ExecutionMode.BATCH, memory_mib=2048)),
    "image": (function(), function(image="debian:sid")),
    "image of a job": (JOBS, function(execution_mode=ExecutionMode.BATCH, image="debian:sid")),
    "script": (JOBS, replace(JOBS, script=Script(name="run.sh", content="true"))),
    "environment": (function(), function(environment={"A_KEY": "b"})),
    "lambda environment": (function(), function(lambda_environment={"A_KEY": "b"})),
    "tag": (JOBS, replace(JOBS, tags={"owner": "me"})),
    "instance type": (
        JOBS,
        replace(JOBS, batch=batch(compute_resources=compute(instance_types=("c6i.xlarge",)))),
    ),
    "vCPUs": (JOBS, replace(JOBS, batch=batch(vcpus=4))),
    "most vCPUs": (
        JOBS,
        replace(JOBS, batch=batch(compute_resources=compute(max_vcpus=64))),
    ),
    "disk": (JOBS, replace(JOBS, batch=batch(disk_gib=500))),
    "output": (function(), function(outputs=())),
    "retries": (function(), function(retries=0)),
    "log retention": (JOBS, replace(JOBS, log_retention_days=1)),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_change_replaces_nothing(old: Function, new: Function) -> None:
    before, after = template(workflow(old)), template(workflow(new))
    assert changed(before, after)
    assert replaced(before, after) == []
    assert resources(before).keys() == resources(after).keys()


def test_lambda_batch_is_added_to_a_lambda_function_in_place() -> None:
    before = template(workflow(function()))
    after = template(workflow(function(execution_mode=ExecutionMode.LAMBDA_BATCH)))
    assert replaced(before, after) == []
    assert resources(before).keys() < resources(after).keys()


def test_another_capacity_keeps_every_name() -> None:
    """EC2 to Fargate replaces what has no name, and only that."""
    fargate = batch(compute_resources=compute(type=ComputeType.FARGATE))
    before = template(workflow(JOBS))
    after = template(workflow(replace(JOBS, batch=fargate)))
    for name in replaced(before, after):
        resource = before["Resources"][name]
        assert NAMES.get(resource["Type"]) not in resource["Properties"]


def test_a_function_more_leaves_the_others_alone() -> None:
    before, after = template(workflow(function())), template(workflow(function(), OTHER))
    touched = {path_of(after, name) for name in changed(before, after)}
    assert all(
        path.startswith("flow/Functions/other/") or path.startswith("flow/Buckets/")
        for path in touched
    )
    assert replaced(before, after) == []


def test_a_function_less_keeps_the_buckets() -> None:
    before, after = template(workflow(function(), OTHER)), template(workflow(function()))
    gone = resources(before).keys() - resources(after).keys()
    assert {path_of(before, name).split("/")[2] for name in gone} == {"other"}
    for name, resource in resources(before, "AWS::S3::Bucket").items():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name


def test_the_order_of_functions_changes_nothing_but_the_order() -> None:
    first, second = template(workflow(function(), OTHER)), template(workflow(OTHER, function()))
    touched = {path_of(first, name) for name in changed(first, second)}
    assert touched <= {"flow/Buckets/photos/Bucket/Resource"}


def test_what_holds_data_is_never_deleted_with_its_stack() -> None:
    for name, resource in resources(template(workflow(JOBS)), "AWS::S3::Bucket").items():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_same_file_twice_is_the_same_template() -> None:
    assert template(workflow(JOBS)) == template(workflow(JOBS))
