"""What Batch refuses, with AWS's own limits."""

from __future__ import annotations

from typing import Any

import pytest

from scar_constructs.emulator.batch.definitions import check_definition, check_job, overrides_fault
from scar_constructs.emulator.batch.errors import ClientError

REQUIREMENTS = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "jobDefinitionName": "f",
        "type": "container",
        "containerProperties": {"image": "i", "resourceRequirements": REQUIREMENTS},
        **changes,
    }


def job(**changes: Any) -> dict[str, Any]:
    return {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", **changes}


PLAIN = definition()


def container(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "image": "i", "resourceRequirements": REQUIREMENTS, **changes}


def task(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "containerProperties": None,
        "ecsProperties": {"taskProperties": [{"containers": containers, **changes}]},
    }


def nodes(**changes: Any) -> dict[str, Any]:
    plain = {"image": "i", "resourceRequirements": REQUIREMENTS}
    ranges = [{"targetNodes": "0:", "container": plain}]
    properties = {"numNodes": 3, "mainNode": 1, "nodeRangeProperties": ranges, **changes}
    return {"type": "multinode", "containerProperties": None, "nodeProperties": properties}


def after(name: str, condition: str) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition}]


def with_environment(*, characters: int) -> dict[str, Any]:
    return {"environment": [{"name": "A", "value": "x" * characters}]}


def test_a_plain_definition_and_a_plain_job_pass() -> None:
    check_definition(definition())
    check_job(job(), PLAIN)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobDefinitionName": "-f"}, "starts with an alphanumeric"),
        ({"jobDefinitionName": "f" * 129}, "up to 128 letters"),
        ({"type": "eks"}, "type must be container or multinode"),
        ({"type": "multinode"}, "exactly one of nodeProperties, got containerProperties"),
        ({"containerProperties": {"resourceRequirements": REQUIREMENTS}}, "include an image"),
        ({"containerProperties": {"image": "i"}}, "include VCPU"),
        ({"retryStrategy": {"attempts": 11}}, "must be 1 to 10, got 11"),
        ({"retryStrategy": {"evaluateOnExit": [{"action": "EXIT"}]}}, "attempts must be specified"),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}] * 6}},
            "at most 5 entries",
        ),
        ({"timeout": {"attemptDurationSeconds": 59}}, "at least 60 seconds, got 59"),
        ({"parameters": {"a": "x" * 25_000}}, "less than 24 KiB"),
        (
            {
                "containerProperties": {
                    "image": "i",
                    "resourceRequirements": REQUIREMENTS,
                    "environment": [{"name": "AWS_BATCH_X", "value": ""}],
                }
            },
            "must not start with AWS_BATCH",
        ),
    ],
)
def test_refused_definition(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_definition(definition(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobName": "a b"}, "jobName can be up to 128"),
        ({"containerOverrides": {"command": ["a", ""]}}, "empty string"),
        ({"containerOverrides": with_environment(characters=48_000)}, "30 KiB, got 46 KiB"),
        ({"timeout": {"attemptDurationSeconds": 5}}, "at least 60 seconds"),
        ({"dependsOn": [{"jobId": "x"}]}, "dependsOn is not possible"),
        ({"ecsPropertiesOverride": {"taskProperties": []}}, "the definition has no ecsProperties"),
        ({"nodeOverrides": {"numNodes": 2}}, "the definition has no nodeProperties"),
    ],
)
def test_refused_job(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_job(job(**changes), PLAIN)


def test_several_containers_and_several_nodes_pass() -> None:
    first, last = container("a", essential=False), container("b", dependsOn=after("a", "SUCCESS"))
    check_definition(definition(**task(first, last)))
    check_definition(definition(**nodes()))
    check_definition(definition(**nodes(numNodes=1, mainNode=0)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (task(), "at least one essential"),
        (task(container("a", essential=False)), "at least one essential"),
        (task(container("a"), container("a")), "unique name"),
        (task(container("a", dependsOn=after("b", "START"))), "'b', which is not in the task"),
        (task(container("a", dependsOn=after("a", "HEALTHY"))), "START, COMPLETE or SUCCESS"),
        (
            task(container("a"), container("b", dependsOn=after("a", "COMPLETE"))),
            "cannot be an essential container",
        ),
        (task(container("a", mountPoints=[{"sourceVolume": "v"}])), "Unknown volume 'v'"),
        (task(container("a", resourceRequirements=[])), "include VCPU"),
        ({**task(container("a")), "containerProperties": {"image": "i"}}, "exactly one of"),
        (nodes(mainNode=3), "one of 3 nodes, got 3"),
        (nodes(nodeRangeProperties=[{"targetNodes": "0:1", "container": {}}]), "not node 2"),
    ],
)
def test_refused_tasks_and_nodes(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        check_definition(definition(**changes))


def test_overrides_that_submit_takes_and_ecs_does_not() -> None:
    request = job(containerOverrides=with_environment(characters=9_000))
    check_job(request, PLAIN)
    assert overrides_fault(request) == "Container Overrides length must be at most 8192"


def test_overrides_within_the_limit() -> None:
    assert overrides_fault(job(containerOverrides=with_environment(characters=8_000))) is None
