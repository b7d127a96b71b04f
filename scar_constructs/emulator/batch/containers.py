"""The containers of a job: what a definition says of each, with what SubmitJob overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

KEPT = (
    *("image", "jobRoleArn", "executionRoleArn", "user", "privileged", "readonlyRootFilesystem"),
    *("volumes", "mountPoints", "logConfiguration", "linuxParameters", "ulimits", "secrets"),
    *("name", "dependsOn", "essential"),
)
_TASK_KEPT = ("taskRoleArn", "executionRoleArn", "volumes")
_REFERENCE = re.compile(r"Ref::([A-Za-z0-9_-]+)")


def container_of(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """One container as DescribeJobs shows it."""
    command = overrides.get("command") or properties.get("command") or []
    return {
        **{name: properties[name] for name in KEPT if name in properties},
        "command": [_substitute(word, parameters) for word in command],
        "environment": _merged(properties, overrides, "environment", "name"),
        "resourceRequirements": _requirements(properties, overrides),
    }


def task_of(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """The task of `ecsProperties` as DescribeJobs shows it; overrides find containers by name."""
    (task,) = properties["taskProperties"]
    wanted = (overrides.get("taskProperties") or [{}])[0]
    by_name: dict[str, Any] = {one["name"]: one for one in wanted.get("containers") or ()}
    return {
        **{name: task[name] for name in _TASK_KEPT if name in task},
        "containers": [
            container_of(one, by_name.get(one["name"], {}), parameters)
            for one in task["containers"]
        ],
    }


def requirement(container: Mapping[str, Any], kind: str) -> str | None:
    """What the container asks for of VCPU, MEMORY or GPU."""
    found = [one["value"] for one in container["resourceRequirements"] if one["type"] == kind]
    return str(found[0]) if found else None


def environment_of(container: Mapping[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["environment"]}


def _merged(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], field_name: str, key: str
) -> list[dict[str, Any]]:
    """A list of records of both, where an override replaces the record with the same key."""
    entries: Sequence[Any] = [
        *(properties.get(field_name) or ()),
        *(overrides.get(field_name) or ()),
    ]
    return list({entry[key]: {"value": "", **entry} for entry in entries}.values())


def _requirements(
    properties: Mapping[str, Any], overrides: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The resource requirements, with the older properties vcpus and memory in the same form."""
    older = [
        {"type": kind, "value": str(properties[name])}
        for kind, name in (("VCPU", "vcpus"), ("MEMORY", "memory"))
        if name in properties
    ]
    newer = {
        "resourceRequirements": [*older, *(properties.get("resourceRequirements") or [])],
    }
    return _merged(newer, overrides, "resourceRequirements", "type")


def _substitute(word: str, parameters: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: parameters.get(match[1], match[0]), word)
