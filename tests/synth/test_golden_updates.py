"""Changes of every kept file, whatever it uses: what stays as it is, and what is never replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application, Bucket, Notification, Stack
from scar_constructs.model import BucketSettings, Function, Input, Output, Script
from tests.synth.models import function
from tests.synth.replacements import replaced
from tests.synth.synthesis import Json, resources, templates_of
from tests.synth.test_golden import CASES
from tests.synth.test_updates import NAMES, changed, path_of

SOME = ("api-key", "fdl-lambda-batch", "multi-node", "odd-folders", "options", "two-files")
NEWCOMER = function(
    name="newcomer",
    inputs=(Input(bucket="newcomer-bucket", folder="in"),),
    outputs=(Output(bucket="newcomer-bucket", folder="out"),),
)


def templates(application: Application) -> dict[str, Json]:
    return templates_of(*application.stacks)


def altered(application: Application, change: Callable[[Stack], Stack]) -> Application:
    return replace(application, stacks=tuple(change(stack) for stack in application.stacks))


def with_other_functions(stack: Stack) -> Stack:
    """Every function with all at once that must not replace anything."""
    return replace(
        stack, functions=tuple(other(one) for one in stack.functions), tags={"new": "tag"}
    )


def other(one: Function) -> Function:
    resources_ = replace(one.batch.compute_resources, instance_types=("c6i.xlarge",), max_vcpus=64)
    return replace(
        one,
        memory_mib=one.memory_mib + 1024,
        timeout_seconds=one.timeout_seconds - 1,
        image=one.image.partition("@")[0].partition(":")[0] + ":other" if one.image else "",
        script=Script(name="run.sh", content="true\n") if one.script else None,
        environment={**one.environment, "OTHER": "value"},
        lambda_environment={**one.lambda_environment, "OTHER": "value"},
        tags={**one.tags, "other": "tag"},
        description="another",
        retries=0,
        log_retention_days=1,
        batch=replace(
            one.batch,
            vcpus=one.batch.vcpus * 2,
            memory_mib=one.batch.memory_mib * 2,
            disk_gib=500,
            attempts=7,
            timeout_seconds=7200,
            environment={**one.batch.environment, "OTHER": "value"},
            compute_resources=resources_,
        ),
    )


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_changes_replace_nothing_that_has_a_name_or_holds_data(case: Path) -> None:
    new = templates(altered(load_application([case]).application, with_other_functions))
    for name, after in new.items():
        before = json.loads((case / f"{name}.template.json").read_text(encoding="utf-8"))
        assert changed(before, after)
        for gone in _lost(before, after):
            kind = before["Resources"][gone]
            assert NAMES.get(kind["Type"], "no name") not in kind["Properties"], path_of(
                before, gone
            )
            assert kind["Type"] != "AWS::S3::Bucket", path_of(before, gone)


def _lost(before: Json, after: Json) -> Iterator[str]:
    """Logical ids of resources that would be deleted, or replaced by new ones."""
    yield from replaced(before, after)
    yield from resources(before).keys() - resources(after).keys()


def with_newcomer(stack: Stack) -> Stack:
    notice = Notification(function_name="newcomer", prefix="in/", suffix="")
    bucket = Bucket(name="newcomer-bucket", settings=BucketSettings(), notifications=(notice,))
    return replace(stack, functions=(*stack.functions, NEWCOMER), buckets=(*stack.buckets, bucket))


@pytest.mark.parametrize("case", [case for case in CASES if case.name in SOME], ids=sorted(SOME))
def test_a_function_more_or_less_touches_no_other(case: Path) -> None:
    """To and fro: what a function brings goes with it, and its bucket stays with its data."""
    application = load_application([case]).application
    first, *rest = application.stacks
    grown = replace(application, stacks=(with_newcomer(first), *rest))
    old, new = templates(application), templates(grown)
    before, after = old.pop(first.name), new.pop(first.name)
    touched = {path_of(after, name) for name in changed(before, after)}
    own = (f"{first.name}/Functions/newcomer/", f"{first.name}/Buckets/newcomer-bucket/")
    assert touched
    assert [path for path in touched if not path.startswith(own)] == []
    (bucket,) = (
        one
        for one in resources(after, "AWS::S3::Bucket").values()
        if one["Properties"].get("BucketName") == "newcomer-bucket"
    )
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert old == new


def test_a_renamed_file_with_a_workflow_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    text = (
        "workflow: flow\nfunctions:\n"
        "  one: {image: x, init_script: run.sh, execution_mode: batch, s3: {input_bucket: inbox}}\n"
    )
    (tmp_path / "first.yaml").write_text(text)
    before = templates(load_application([tmp_path]).application)
    (tmp_path / "first.yaml").rename(tmp_path / "second.yaml")
    assert templates(load_application([tmp_path]).application) == before
    assert before.keys() == {"flow"}
