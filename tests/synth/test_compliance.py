"""The rule packs: nothing unacknowledged in what we make, and they do find what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from scar_constructs.aws.app import add_stacks
from scar_constructs.aws.flags import new_app
from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy.compliance import PACKS, acknowledge, add_packs
from scar_constructs.language.workflow import join as fdl_workflow
from scar_constructs.language.workflow.join import Application, Bucket, Rule
from scar_constructs.model import (
    Api,
    ApiAuth,
    Architecture,
    BucketSettings,
    ComputeType,
    ExecutionMode,
    FileSystem,
    Input,
    MultiNode,
    Output,
    Vpc,
)
from tests.synth.models import batch, compute, function, notifications, workflow

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
ACCESS_POINT = (
    "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-0123456789abcdef0"
)


def everything() -> fdl_workflow.Stack:
    """A stack with every mode, every kind of capacity and odd names of folders."""
    functions = (
        function(),
        *(
            function(
                name=f"jobs-{type_.value}",
                execution_mode=ExecutionMode.BATCH,
                inputs=(Input(bucket="photos", folder=f"odd (1 [&] {type_.value}"),),
                batch=batch(compute_resources=compute(type=type_)),
            )
            for type_ in ComputeType
        ),
        function(
            name="both",
            execution_mode=ExecutionMode.LAMBDA_BATCH,
            inputs=(Input(bucket="scans", folder="in"),),
            outputs=(Output(bucket="results", folder=""),),
        ),
        function(
            name="options",
            inputs=(),
            tracing=True,
            concurrency=2,
            architecture=Architecture.ARM64,
            vpc=Vpc(subnet_ids=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
            file_system=FileSystem(access_point_arn=ACCESS_POINT, mount_path="/mnt/data"),
        ),
        function(
            name="secret",
            inputs=(),
            execution_mode=ExecutionMode.BATCH,
            batch=batch(secrets={"TOKEN": SECRET}, compute_environment="pool"),
        ),
        *(
            function(
                name=f"api-{auth}",
                inputs=(),
                api=Api(name="pictures", auth=auth, stage="scar", method="ANY"),
            )
            for auth in ApiAuth
        ),
        function(
            name="guarded",
            inputs=(),
            api=Api(
                name="guarded",
                auth=ApiAuth.IAM,
                stage="scar",
                method="ANY",
                web_acl=(
                    "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/ours/"
                    "11112222-3333-4444-5555-666677778888"
                ),
            ),
        ),
        function(
            name="nodes",
            inputs=(),
            execution_mode=ExecutionMode.BATCH,
            batch=batch(multi_node=MultiNode(nodes=2, main_node=0)),
        ),
        function(
            name="ready",
            inputs=(),
            image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/tools/resize:1",
            create_image=False,
            script=None,
            execution_mode=ExecutionMode.LAMBDA_BATCH,
        ),
        function(name="follows", inputs=(Input(bucket="elsewhere", folder="in"),), outputs=()),
    )
    settings = {
        "photos": BucketSettings(),
        "scans": BucketSettings(kms_key=KEY),
        "results": BucketSettings(versioned=False, expire_days=3),
    }
    return workflow(
        *functions,
        buckets=tuple(
            Bucket(name=name, settings=one, notifications=notifications(*functions, bucket=name))
            for name, one in settings.items()
        ),
        rules=(Rule(function_name="follows", bucket="elsewhere"),),
    )


def violations(outdir: Path) -> list[str]:
    report: dict[str, Any] = json.loads((outdir / "validation-report.json").read_text())
    return [
        f"{violation['ruleName']} at {construct['constructPath']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


def test_all_packs_find_nothing_that_has_no_reason(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    add_stacks(app, Application(stacks=(everything(),)), runtime_image=RUNTIME_IMAGE)
    add_packs(app, tuple(PACKS))
    app.synth()
    assert violations(tmp_path) == []


def test_every_reason_is_in_the_template(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    add_stacks(app, Application(stacks=(everything(),)), runtime_image=RUNTIME_IMAGE)
    app.synth()
    template = json.loads((tmp_path / "flow.template.json").read_text())
    reasons = [
        rule["reason"]
        for resource in template["Resources"].values()
        for rule in resource["Metadata"].get("cdk_nag", {}).get("rules_to_suppress", [])
    ]
    assert reasons
    assert all(len(reason.split()) >= 4 for reason in reasons)


@pytest.mark.parametrize("pack", PACKS)
def test_each_pack_fails_a_synth_with_a_finding(tmp_path: Path, pack: str) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = Stack(app, "bad")
    s3.CfnBucket(stack, "Open")
    if pack == "Serverless":
        _add_bare_function(stack)
    add_packs(app, (pack,))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert any(violation.startswith(pack) for violation in violations(tmp_path))


def test_acknowledging_twice_keeps_both_reasons(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    bucket = s3.CfnBucket(Stack(app, "acknowledged"), "Bucket")
    acknowledge(bucket, {"AwsSolutions-S1": "the first reason"})
    acknowledge(bucket, {"AwsSolutions-S10": "the second reason"})
    add_packs(app, ("AwsSolutions",))
    app.synth()
    template = json.loads((tmp_path / "acknowledged.template.json").read_text())
    rules = template["Resources"]["Bucket"]["Metadata"]["cdk_nag"]["rules_to_suppress"]
    assert [rule["id"] for rule in rules] == ["AwsSolutions-S1", "AwsSolutions-S10"]


def _add_bare_function(stack: Stack) -> None:
    lambda_.CfnFunction(
        stack,
        "Bare",
        role="arn:aws:iam::111122223333:role/some",
        code=lambda_.CfnFunction.CodeProperty(zip_file="pass"),
    )


def test_what_checkov_finds_has_the_same_reasons() -> None:
    resource = s3.CfnBucket(Stack(new_app(), "stack"), "Bucket")
    acknowledge(resource, {"HIPAA.Security-S3BucketLoggingEnabled": "a", "AwsSolutions-S1": "b"})
    acknowledge(resource, {"CKV_AWS_27": "c"})
    assert resource.get_metadata("checkov") == {
        "skip": [{"id": "CKV_AWS_18", "comment": "a"}, {"id": "CKV_AWS_27", "comment": "c"}]
    }
    rules = [one["id"] for one in resource.get_metadata("cdk_nag")["rules_to_suppress"]]
    assert rules == ["HIPAA.Security-S3BucketLoggingEnabled", "AwsSolutions-S1"]
