"""What the language says of a role's size, held against the roles that are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import FdlError, load_application
from scar_constructs.language.checks.role_size import (
    function_policy_size,
    policy_sizes,
)
from scar_constructs.language.grants.arns import PARTITION, filled
from scar_constructs.language.grants.roles import Surroundings, lambda_role
from scar_constructs.language.workflow.join import Bucket, Notification, Rule
from scar_constructs.model import (
    BucketSettings,
    ExecutionMode,
    FileSystem,
    Function,
    Input,
    Output,
    StackOptions,
    Vpc,
)
from tests.support.resolved import Resolved, size
from tests.synth.models import batch, function, workflow
from tests.synth.synthesis import INLINE_POLICY_LIMIT, function_policy_sizes, templates_of

KEY = "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:password-AbCdEf"

EVERYTHING = {
    "tracing": True,
    "vpc": Vpc(subnet_ids=("subnet-01234567",), security_group_ids=("sg-01234567",)),
    "file_system": FileSystem(
        access_point_arn=(
            "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
        ),
        mount_path="/mnt/data",
    ),
}


def many_folders(**changes: object) -> Function:
    """A function of the longest name that has folders of letters that policies spell longer."""
    return function(
        name="n" * 64,
        inputs=tuple(Input(bucket="photos", folder=f"what?/in-{i}") for i in range(9)),
        outputs=tuple(Output(bucket="results", folder=f"año/out-{i}") for i in range(40)),
        **changes,
    )


@pytest.mark.parametrize("mode", list(ExecutionMode))
def test_the_estimate_is_never_too_small(mode: ExecutionMode) -> None:
    one = many_folders(
        execution_mode=mode,
        batch=batch(secrets={f"S{i}": f"{SECRET[:-6]}{i:06}" for i in range(20)}),
        **EVERYTHING,
    )
    settings = BucketSettings(kms_key=KEY)
    buckets = tuple(
        Bucket(name=name, settings=settings, notifications=()) for name in ("photos", "results")
    )
    stack = workflow(one, buckets=buckets, options=StackOptions(kms_key=KEY))
    resolved = Resolved(templates_of(stack)["flow"], "flow")
    roles = [properties.get("Policies", []) for _, properties in resolved.of("AWS::IAM::Role")]
    real = max(sum(size(policy["PolicyDocument"]) for policy in role) for role in roles)
    around = Surroundings(bucket_keys={"photos": KEY, "results": KEY}, stack_key=KEY)
    estimate = max(policy_sizes(one, around))
    assert real <= estimate <= real * 1.25


def test_the_estimate_of_a_function_s_policy_is_never_too_small() -> None:
    one = function(
        name="n" * 64,
        inputs=tuple(Input(bucket=f"{i:03}-{'b' * 59}", folder="in") for i in range(30)),
    )
    (real,) = function_policy_sizes(templates_of(workflow(one))["flow"]).values()
    estimate = function_policy_size(one)
    assert real <= estimate <= real * 1.3


def test_the_estimate_knows_of_rules_beside_notifications() -> None:
    names = [f"{i:03}-{'b' * 59}" for i in range(9)]
    one = function(name="n" * 64, inputs=tuple(Input(bucket=name, folder="in") for name in names))
    folders = tuple(
        Notification(function_name=one.name, prefix=f"{'folder/' * 20}{i}/", suffix="")
        for i in range(25)
    )
    rules = tuple(Rule(function_name=one.name, bucket=name, filters=folders) for name in names)
    (real,) = function_policy_sizes(templates_of(workflow(one, rules=rules))["flow"]).values()
    estimate = function_policy_size(one, rules)
    assert real <= estimate <= real * 1.3


def test_a_function_of_more_buckets_than_its_policy_can_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    inputs = "".join(f"      - path: bucket-number-{i}/in\n" for i in range(60))
    (tmp_path / "many.yaml").write_text(
        "functions:\n  aws:\n  - lambda:\n      name: librarian\n      image: debian\n"
        f"      init_script: run.sh\n      input:\n{inputs}"
    )
    with pytest.raises(FdlError, match="let fewer buckets start the function") as caught:
        load_application([tmp_path])
    assert "too-many-buckets" in {one.rule for one in caught.value.problems}


def test_a_role_of_the_users_own_is_not_judged() -> None:
    assert not list(
        policy_sizes(many_folders(role="arn:aws:iam::123456789012:role/mine"), Surroundings())
    )


def test_a_file_whose_role_iam_would_refuse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    outputs = "".join(f"      - path: library/{'shelf/' * 20}{i}\n" for i in range(80))
    (tmp_path / "many.yaml").write_text(
        "functions:\n  aws:\n  - lambda:\n      name: librarian\n      image: debian\n"
        f"      init_script: run.sh\n      input:\n      - path: inbox\n      output:\n{outputs}"
    )
    with pytest.raises(FdlError, match=rf"IAM takes {INLINE_POLICY_LIMIT}") as caught:
        load_application([tmp_path])
    assert [one.rule for one in caught.value.problems] == ["role-too-large"]


def test_text_that_looks_like_a_placeholder_is_counted_as_it_is(tmp_path: Path) -> None:
    """In a secret it is a fault with a place, in a folder a text like any other."""
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:${Foo}-AbCdEf"
    text = (
        "functions:\n  aws:\n  - lambda:\n      name: f\n      image: debian\n"
        "      init_script: run.sh\n      input:\n      - path: inbox/${Foo}/${SpoolBucket.Arn}\n"
    )
    (tmp_path / "odd.yaml").write_text(text)
    (stack,) = load_application([tmp_path]).application.stacks
    (read,) = (
        one for one in lambda_role(stack.functions[0], Surroundings()) if one.sid == "ReadInputs"
    )
    assert filled("".join(read.resources), {PARTITION: "aws"}) == (
        "arn:aws:s3:::inbox/${$}{Foo}/${$}{SpoolBucket.Arn}/*"
    )
    (tmp_path / "odd.yaml").write_text(f'{text}      secrets: {{A: "{secret}"}}\n')
    with pytest.raises(FdlError, match=r"odd\.yaml:"):
        load_application([tmp_path])
