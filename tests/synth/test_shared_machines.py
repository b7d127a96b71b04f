"""Functions that share a compute environment: whose it is, its shares, and moves between them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.language import load_application
from scar_constructs.language.workflow.shares import share_identifier
from scar_constructs.model import ComputeType, ExecutionMode, Function, limits
from tests.synth.models import batch, compute, function, workflow
from tests.synth.replacements import replaced
from tests.synth.synthesis import Json, flat, resources, synthesise, templates_of
from tests.synth.test_updates import changed, path_of

ENVIRONMENT, QUEUE = "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue"
POLICY, DEFINITION = "AWS::Batch::SchedulingPolicy", "AWS::Batch::JobDefinition"
FUNCTION_NAMES = st.text("abxyzABXYZ0129-_", min_size=1, max_size=64)

COMMON = batch(says_nothing=True)
OWN = batch(compute_resources=compute(type=ComputeType.SPOT))
NAMED = batch(compute_environment="cows")


def jobs(name: str, settings: object = COMMON, **changes: Any) -> Function:
    mode = ExecutionMode.BATCH
    return function(name=name, execution_mode=mode, inputs=(), batch=settings, **changes)


def made(*functions: Function) -> Json:
    return templates_of(workflow(*functions))["flow"]


def paths(template: Json, type_: str) -> set[str]:
    return {path_of(template, name) for name in resources(template, type_)}


def queue_of(template: Json, name: str) -> tuple[str, str]:
    """(logical id of the queue, share) to which the dispatcher of a function submits."""
    (one,) = (
        one["Properties"]["Environment"]["Variables"]
        for one in resources(template, "AWS::Lambda::Function").values()
        if one["Properties"]["FunctionName"] == name
    )
    return flat(one["SCAR_JOB_QUEUE"]).strip("<>").partition(".")[0], one["SCAR_JOB_SHARE"]


def shares_of(template: Json, queue: str) -> list[str]:
    arn = flat(template["Resources"][queue]["Properties"]["SchedulingPolicyArn"])
    policy = template["Resources"][arn.strip("<>").partition(".")[0]]["Properties"]
    return [one["ShareIdentifier"] for one in policy["FairsharePolicy"]["ShareDistribution"]]


@given(FUNCTION_NAMES, FUNCTION_NAMES)
def test_no_two_functions_have_the_same_share(first: str, second: str) -> None:
    """Not even where somebody takes capital letters for small ones."""
    shares = share_identifier(first), share_identifier(second)
    assert all(share.isascii() and share.isalnum() and len(share) <= 255 for share in shares)
    assert (shares[0].lower() == shares[1].lower()) is (first == second)


def test_functions_that_say_nothing_have_one_environment_and_one_queue() -> None:
    template = made(jobs("one"), jobs("two"), jobs("three", OWN))
    assert paths(template, ENVIRONMENT) == {
        "flow/CommonCapacities/x86_64/ComputeEnvironment",
        "flow/Functions/three/Capacity/ComputeEnvironment",
    }
    queues = {name: queue_of(template, name) for name in ("one", "two", "three")}
    assert queues["one"][0] == queues["two"][0] != queues["three"][0]
    assert shares_of(template, queues["one"][0]) == ["one", "two"]
    assert shares_of(template, queues["three"][0]) == ["three"]
    assert [share for _, share in queues.values()] == ["one", "two", "three"]


@pytest.mark.parametrize("settings", [COMMON, OWN, NAMED, batch(managed=False)])
def test_every_queue_has_a_policy_and_every_definition_a_priority(settings: object) -> None:
    """Batch lets none be added to a queue later."""
    template = made(jobs("one_Job", settings))
    queue, share = queue_of(template, "one_Job")
    assert shares_of(template, queue) == [share] == ["onez2zjob"]
    (definition,) = resources(template, DEFINITION).values()
    assert definition["Properties"]["SchedulingPriority"] == 1


def test_a_function_more_changes_what_is_shared_in_place() -> None:
    before, after = made(jobs("one")), made(jobs("one"), jobs("two"))
    assert replaced(before, after) == []
    assert resources(before).keys() < resources(after).keys()


def test_the_identity_of_an_environment_is_its_name_whatever_is_said_of_it() -> None:
    other = compute(max_vcpus=64, instance_types=("c6i",))
    for settings in (COMMON, OWN, NAMED):
        before = made(jobs("one", settings))
        after = made(jobs("one", replace(settings, compute_resources=other, disk_gib=500)))
        assert resources(before).keys() == resources(after).keys()
        assert changed(before, after)
        assert replaced(before, after) == []


def moved(now: Any, before: Any) -> Function:
    """A function in another environment than before, whose queue is kept for the jobs there."""
    return jobs("one", replace(now, former=before))


MOVES = [(OWN, COMMON), (COMMON, OWN), (NAMED, OWN), (COMMON, NAMED)]


@pytest.mark.parametrize(("now", "before"), MOVES)
def test_a_former_environment_stays_as_it_was_with_its_queue(now: Any, before: Any) -> None:
    old, both, new = made(jobs("one", before)), made(moved(now, before)), made(jobs("one", now))
    kept = resources(old, ENVIRONMENT, QUEUE, POLICY, "AWS::EC2::LaunchTemplate")
    for name, one in kept.items():
        assert both["Resources"][name] == one
    assert queue_of(both, "one")[0] not in kept
    assert queue_of(both, "one") == queue_of(new, "one")
    assert resources(new).keys() == resources(both).keys() - kept.keys()


def test_a_queue_goes_before_the_rule_that_tells_of_the_jobs_which_batch_ends_with_it() -> None:
    for settings in (COMMON, OWN, NAMED):
        template = made(jobs("one", settings))
        (rule,) = resources(template, "AWS::Events::Rule")
        (queue,) = resources(template, QUEUE).values()
        assert rule in queue["DependsOn"]
    both = made(moved(COMMON, OWN))
    (rule,) = resources(both, "AWS::Events::Rule")
    assert all(rule in queue["DependsOn"] for queue in resources(both, QUEUE).values())


def test_failed_jobs_are_told_of_whatever_queue_they_were_in() -> None:
    (rule,) = resources(made(jobs("one")), "AWS::Events::Rule").values()
    pattern = rule["Properties"]["EventPattern"]["detail"]
    ((definition),) = pattern["jobDefinition"]
    assert pattern.keys() == {"status", "jobDefinition"}
    assert flat(definition["prefix"]) == (
        "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job-definition/one:"
    )


FILE = """\
workflow: file-{number}
functions:
"""
FUNCTION = """\
  f{number}-{index}: {{image: x, init_script: run.sh, execution_mode: batch, s3: {{input_bucket: b{number}-{index}}}}}
"""  # noqa: E501


def test_two_hundred_functions_in_twenty_files_fit_into_a_fresh_account(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    for number in range(20):
        functions = (FUNCTION.format(number=number, index=index) for index in range(10))
        text = FILE.format(number=number) + "".join(functions)
        (tmp_path / f"file{number}.yaml").write_text(text)
    loaded = load_application([tmp_path])
    assert loaded.warnings == ()
    synthesise(loaded.application, tmp_path / "out")
    templates = [_read(path) for path in (tmp_path / "out").glob("*.template.json")]
    count = {
        type_: sum(len(resources(template, type_)) for template in templates)
        for type_ in (ENVIRONMENT, QUEUE, POLICY, DEFINITION, *LIMITS)
    }
    assert count[DEFINITION] == 200
    assert (count[ENVIRONMENT], count[QUEUE], count[POLICY]) == (20, 20, 20)
    for type_, limit in LIMITS.items():
        assert count[type_] <= limit, type_
    assert all(len(resources(template)) <= 500 for template in templates)


LIMITS = {
    ENVIRONMENT: 50,
    QUEUE: 50,
    # The account's own default network is one of five.
    "AWS::EC2::VPC": 4,
    "AWS::EC2::InternetGateway": 4,
    "AWS::Events::Rule": 300,
    "AWS::IAM::Role": limits.IAM_ROLES_MAX,
    "AWS::IAM::InstanceProfile": 1_000,
}


def _read(path: Path) -> Json:
    template: Json = json.loads(path.read_text())
    return template
