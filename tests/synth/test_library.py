"""The constructs in somebody's own CDK app, without app.py and without our feature flags."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Match, Template

from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.aws.stack import WorkflowStack
from scar_constructs.language import load_application
from scar_constructs.model import ExecutionMode
from tests.synth.models import function, workflow


def test_a_workflow_stack_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(
        "functions:\n  count: {image: busybox, init_script: run.sh, s3: {input_bucket: words}}\n"
    )
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    application = load_application([tmp_path / "flow.yaml"]).application
    app = App(outdir=str(tmp_path / "out"))
    (workflow_model,) = application.stacks
    stack = WorkflowStack(app, "Mine", workflow=workflow_model)
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::Lambda::Function", {"FunctionName": "count"})
    assert set(stack.functions) == {"count"}
    assert set(stack.buckets) == {"words"}


def test_one_function_among_other_resources(tmp_path: Path) -> None:
    """Its parts can be used: an alarm on the Lambda, a role of the job, the failure queue."""
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Mine", env=Environment(account="111122223333", region="eu-west-1"))
    shared = Shared(stack, "Shared")
    jobs = ScarFunction(
        stack, "Jobs", function=function(execution_mode=ExecutionMode.BATCH), shared=shared
    )
    cloudwatch.Alarm(
        stack,
        "Errors",
        metric=jobs.lambda_function.metric_errors(),
        threshold=1,
        evaluation_periods=1,
    )
    assert jobs.job is not None
    assert jobs.capacity is not None
    shared.failures.functions.grant_consume_messages(jobs.role)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Batch::JobQueue", 1)
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {"Dimensions": [{"Name": "FunctionName", "Value": {"Ref": Match.any_value()}}]},
    )


@pytest.mark.parametrize("name", ["lambda_function", "role", "job", "capacity"])
def test_what_a_function_shows_is_read_only(tmp_path: Path, name: str) -> None:
    stack = Stack(App(outdir=str(tmp_path)), "Mine")
    made = ScarFunction(stack, "F", function=function(), shared=Shared(stack, "Shared"))
    with pytest.raises(AttributeError, match="no setter"):
        setattr(made, name, None)


def test_two_workflows_in_one_app(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for name in ("first", "second"):
        one = function(name=name, inputs=(), outputs=())
        WorkflowStack(app, name, workflow=workflow(one, name=name))
    assembly = app.synth()
    assert {stack.stack_name for stack in assembly.stacks} == {"first", "second"}
