"""Models made by hand, so that a construct's test says exactly what it stands on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scar_constructs.language.workflow.join import Bucket, Notification, Stack
from scar_constructs.model import (
    Batch,
    BucketSettings,
    ComputeResources,
    ComputeType,
    ExecutionMode,
    Function,
    Input,
    Output,
    Script,
)

COMPUTE = ComputeResources(
    type=ComputeType.EC2,
    min_vcpus=0,
    max_vcpus=2,
    instance_types=("default_x86_64",),
    subnets=(),
    security_group_ids=(),
)

BATCH = Batch(
    vcpus=1,
    memory_mib=1024,
    gpus=0,
    attempts=2,
    timeout_seconds=3600,
    disk_gib=50,
    environment={},
    compute_resources=COMPUTE,
)

FUNCTION = Function(
    name="thumbnails",
    image="debian:trixie-slim",
    script=Script(name="run.sh", content="cp $INPUT_FILE_PATH $TMP_OUTPUT_DIR\n"),
    execution_mode=ExecutionMode.LAMBDA,
    memory_mib=512,
    timeout_seconds=300,
    timeout_threshold_seconds=10,
    ephemeral_storage_mib=512,
    retries=2,
    description="",
    log_level="INFO",
    log_retention_days=30,
    environment={},
    lambda_environment={},
    tags={},
    inputs=(Input(bucket="photos", folder="in"),),
    outputs=(Output(bucket="photos", folder="out"),),
    batch=BATCH,
)


def function(**changes: Any) -> Function:
    """The function above with some fields changed."""
    return replace(FUNCTION, **changes)


def batch(**changes: Any) -> Batch:
    """The Batch part above with some fields changed."""
    return replace(BATCH, **changes)


def compute(**changes: Any) -> ComputeResources:
    """The compute resources above with some fields changed."""
    return replace(COMPUTE, **changes)


def notifications(*functions: Function, bucket: str) -> tuple[Notification, ...]:
    """What the bucket owes these functions, one notification per input."""
    return tuple(
        Notification(
            function_name=one.name, prefix=f"{source.folder}/" if source.folder else "", suffix=""
        )
        for one in functions
        for source in one.inputs
        if source.bucket == bucket
    )


def workflow(*functions: Function, **changes: Any) -> Stack:
    """A stack of these functions that owns all buckets they use."""
    inputs = [source.bucket for one in functions for source in one.inputs]
    outputs = [target.bucket for one in functions for target in one.outputs]
    stack = replace(
        Stack(
            name="flow",
            functions=functions,
            buckets=tuple(
                Bucket(
                    name=name,
                    settings=BucketSettings(),
                    notifications=notifications(*functions, bucket=name),
                )
                for name in dict.fromkeys([*inputs, *outputs])
            ),
            depends_on=(),
            tags={},
            region=None,
        ),
        **changes,
    )
    keys = {one.name: one.settings.kms_key for one in stack.buckets if one.settings.kms_key}
    return replace(stack, kms_keys={**keys, **stack.kms_keys})
