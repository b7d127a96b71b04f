"""The `batch` block's nodes to its model."""

from __future__ import annotations

import math

from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.tree import Mapping
from scar_constructs.model import (
    Batch,
    Burst,
    ComputeResources,
    ComputeType,
    MultiNode,
    limits,
)

SCAR_INSTANCE_TYPES = ("m3.medium",)
"""SCAR's default, which its scar.cfg still brings along. The type is retired."""

_SECONDS = {"s": 1, "m": 60}

SCAR_LAUNCH_TEMPLATE = "faas-supervisor"
"""SCAR made this template; it fetched the supervisor from the internet at each host's start."""


def parse_batch(section: Section) -> Batch:
    """The block of a function; SCAR's defaults where it says nothing."""
    one_gpu = section.boolean("batch.enable_gpu") or False
    vcpus = section.number("batch.vcpus", limits.BATCH_VCPUS)
    storage = section.integer("batch.ephemeral_storage", 0)
    multi_node = _multi_node(section)
    nodes = multi_node.nodes if multi_node else 1
    needed = vcpus * nodes + _helper_vcpus(section)
    return Batch(
        vcpus=vcpus,
        memory_mib=section.integer("batch.memory", limits.BATCH_MEMORY_MIB),
        gpus=section.integer("batch.gpus", int(one_gpu)),
        attempts=section.integer("batch.retries", limits.BATCH_ATTEMPTS - 1) + 1,
        timeout_seconds=section.integer("batch.timeout", limits.BATCH_TIMEOUT_SECONDS),
        disk_gib=section.integer("batch.disk_gib", limits.BATCH_DISK_GIB),
        environment=section.environment("batch.environment.Variables"),
        shared_memory_mib=section.integer("batch.shared_memory_mib", 0) or None,
        ulimits=_ulimits(section),
        enabled=section.text("batch.state") != "DISABLED",
        managed=section.text("batch.type") != "UNMANAGED",
        job_role=section.text("batch.job_role"),
        secrets=section.variables("batch.secrets"),
        ephemeral_storage_gib=storage or None,
        compute_environment=section.text("batch.compute_environment"),
        multi_node=multi_node,
        burst=_burst(section),
        compute_resources=_compute_resources(section, needed),
    )


def _burst(section: Section) -> Burst | None:
    if not isinstance(section.find("batch.burst"), Mapping):
        return None
    window = section.text("batch.burst.window") or limits.BURST_WINDOW
    return Burst(
        window_seconds=int(window[:-1]) * _SECONDS[window[-1]],
        max_files=section.integer("batch.burst.max", limits.BURST_FILES_MAX),
        retired=section.boolean("batch.burst.retired") or False,
    )


def _ulimits(section: Section) -> dict[str, int]:
    names = section.variables("batch.ulimits")
    return {name: section.integer(f"batch.ulimits.{name}", -1) for name in names}


def _helper_vcpus(section: Section) -> int:
    """What a job on EC2 needs besides, if its image is not built upon."""
    if section.boolean("lambda.container.build") is not False:
        return 0
    return limits.HELPER_CONTAINERS * limits.HELPER_VCPUS


def _multi_node(section: Section) -> MultiNode | None:
    inside = "batch.multi_node_parallel."
    if not section.boolean(inside + "enabled"):
        return None
    return MultiNode(
        nodes=section.integer(inside + "number_nodes", limits.BATCH_NODES),
        main_node=section.integer(inside + "main_node_index", limits.BATCH_MAIN_NODE),
    )


def _compute_resources(section: Section, vcpus: float) -> ComputeResources:
    inside = "batch.compute_resources."
    minimum = section.integer(inside + "min_v_cpus", limits.BATCH_MIN_VCPUS)
    # 0 is what SCAR wrote for everybody, and where Batch starts without it.
    desired = section.integer(inside + "desired_v_cpus", 0)
    maximum = max(limits.BATCH_MAX_VCPUS, math.ceil(vcpus), minimum, desired)
    types = section.texts(inside + "instance_types")
    if not types or types == SCAR_INSTANCE_TYPES:
        is_arm = section.texts("lambda.architectures") == ("arm64",)
        types = limits.BATCH_ARM_INSTANCE_TYPES if is_arm else limits.BATCH_INSTANCE_TYPES
    role = section.text(inside + "instance_role")
    template = section.text(inside + "launch_template_name")
    return ComputeResources(
        type=ComputeType(section.text(inside + "type") or limits.BATCH_COMPUTE_TYPE),
        min_vcpus=minimum,
        desired_vcpus=desired or None,
        max_vcpus=section.integer(inside + "max_v_cpus", maximum),
        instance_types=types,
        subnets=section.texts(inside + "subnets"),
        security_group_ids=section.texts(inside + "security_group_ids"),
        instance_role=None if role is None or "{account_id}" in role else role,
        launch_template_name=None if template == SCAR_LAUNCH_TEMPLATE else template,
    )
