"""Jobs over several hosts: which node runs what, and how each learns of the others.

https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scar_constructs.emulator.batch.containers import container_of, task_of
from scar_constructs.emulator.batch.errors import ClientError

MAIN_NODE_ADDRESS = "127.0.0.1"
"""All containers of this cloud are on the network of this machine."""


@dataclass(frozen=True)
class Node:
    """A node: what of it DescribeJobs shows, and its variables."""

    index: int
    shown: dict[str, Any]
    variables: Mapping[str, str]


def nodes_of(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> Sequence[Node]:
    """All nodes, the main one first. Raises `ClientError` if one has no properties."""
    count = int(overrides.get("numNodes") or properties["numNodes"])
    main = int(properties["mainNode"])
    order = [main, *(index for index in range(count) if index != main)]
    return [
        Node(
            index,
            {
                "nodeDetails": {"nodeIndex": index, "isMainNode": index == main},
                **_shown(index, count, properties, overrides, parameters),
            },
            _variables(index, count, main),
        )
        for index in order
    ]


def shown_nodes(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """The nodeProperties of the job, with the overrides in them."""
    count = int(overrides.get("numNodes") or properties["numNodes"])
    ranges = []
    for wanted in properties["nodeRangeProperties"]:
        indexes = _indexes(str(wanted["targetNodes"]), count)
        first = indexes[0] if indexes else 0
        one = {**properties, "nodeRangeProperties": [{**wanted, "targetNodes": "0:"}]}
        ranges.append(
            {
                "targetNodes": wanted["targetNodes"],
                **_shown(first, count, one, overrides, parameters),
            }
        )
    return {**properties, "numNodes": count, "nodeRangeProperties": ranges}


def check_nodes(properties: Mapping[str, Any]) -> None:
    """Raise `ClientError` for nodeProperties that Batch refuses."""
    count, main = int(properties.get("numNodes", 0)), int(properties.get("mainNode", 0))
    if count < 1 or not 0 <= main < count:
        raise ClientError(f"mainNode must be one of {count} nodes, got {main}")
    for index in range(count):
        if _last_for(index, count, properties.get("nodeRangeProperties") or ()) is None:
            raise ClientError(f"nodeRangeProperties must cover all nodes, but not node {index}")


def _shown(
    index: int,
    count: int,
    properties: Mapping[str, Any],
    overrides: Mapping[str, Any],
    parameters: Mapping[str, str],
) -> dict[str, Any]:
    wanted = _last_for(index, count, properties["nodeRangeProperties"])
    if wanted is None:
        raise ClientError(f"no nodeRangeProperties are for node {index}")
    changed = _last_for(index, count, overrides.get("nodePropertyOverrides") or ()) or {}
    if "ecsProperties" in wanted:
        given = changed.get("ecsPropertiesOverride") or {}
        task = task_of(wanted["ecsProperties"], given, parameters)
        return {"ecsProperties": {"taskProperties": [task]}}
    given = changed.get("containerOverrides") or {}
    return {"container": container_of(wanted["container"], given, parameters)}


def _last_for(
    index: int, count: int, ranges: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Of ranges that overlap, the later one holds."""
    found = [one for one in ranges if index in _indexes(str(one["targetNodes"]), count)]
    return found[-1] if found else None


def _indexes(target: str, count: int) -> range:
    """`0:3`, `:3`, `2:` or `5`, ends included."""
    first, colon, last = target.partition(":")
    begin = int(first or 0)
    end = int(last) if last else (count - 1 if colon else begin)
    return range(begin, min(end, count - 1) + 1)


def _variables(index: int, count: int, main: int) -> dict[str, str]:
    """https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html"""
    variables = {
        "AWS_BATCH_JOB_NODE_INDEX": str(index),
        "AWS_BATCH_JOB_NUM_NODES": str(count),
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": str(main),
    }
    if index != main:
        variables["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = MAIN_NODE_ADDRESS
    return variables
