"""One function's nodes (in the FDL dialect's order) to its model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scar_constructs import defaults
from scar_constructs.fdl import paths
from scar_constructs.fdl.errors import Position
from scar_constructs.fdl.models import (
    Batch,
    ComputeResources,
    ComputeType,
    ExecutionMode,
    Function,
    Input,
    Output,
    Script,
)
from scar_constructs.fdl.nodes import Scalar, child_path
from scar_constructs.fdl.pending import check_pending
from scar_constructs.fdl.rules import fault, problem
from scar_constructs.fdl.scripts import read_script
from scar_constructs.fdl.section import Section


@dataclass(frozen=True)
class Located:
    """A place that a later stage may have to name in a problem."""

    path: str
    position: Position


@dataclass(frozen=True)
class ParsedFunction:
    """A function, with the places of its name, inputs and outputs."""

    function: Function
    section: Section
    name_at: Located
    inputs_at: tuple[Located, ...]
    outputs_at: tuple[Located, ...]


def parse_function(section: Section) -> ParsedFunction | None:
    """The model, or None if the function has no sound name."""
    name_node = section.find("lambda.name")
    name = section.text("lambda.name")
    if name is None or name_node is None:
        return None
    check_pending(section)
    inputs = _inputs(section)
    outputs = _outputs(section)
    image = _image(section)
    script = _script(section, bool(inputs))
    mode = ExecutionMode(_choice(section, "lambda.execution_mode", defaults.EXECUTION_MODE))
    timeout = section.integer("lambda.timeout", defaults.LAMBDA_TIMEOUT_SECONDS)
    threshold = section.integer(
        "lambda.container.timeout_threshold",
        min(defaults.TIMEOUT_THRESHOLD_SECONDS, max(timeout - 1, 0)),
    )
    function = Function(
        name=name,
        image=image,
        script=script,
        execution_mode=mode,
        memory_mib=section.integer("lambda.memory", defaults.LAMBDA_MEMORY_MIB),
        timeout_seconds=timeout,
        timeout_threshold_seconds=threshold,
        ephemeral_storage_mib=section.integer(
            "lambda.ephemeral_storage", defaults.LAMBDA_STORAGE_MIB
        ),
        retries=section.integer("lambda.retries", defaults.LAMBDA_RETRIES),
        description=section.text("lambda.description") or defaults.DESCRIPTION,
        log_level=_choice(section, "lambda.log_level", defaults.LOG_LEVEL),
        log_retention_days=section.integer(
            "cloudwatch.log_retention_policy_in_days", defaults.LOG_RETENTION_DAYS
        ),
        environment=section.variables("lambda.container.environment.Variables"),
        lambda_environment=section.variables("lambda.environment.Variables"),
        inputs=tuple(model for model, _ in inputs),
        outputs=tuple(model for model, _ in outputs),
        tags=section.variables("lambda.tags"),
        batch=_batch(section),
    )
    return ParsedFunction(
        function=function,
        section=section,
        name_at=Located(name_node.path, name_node.position),
        inputs_at=tuple(place for _, place in inputs),
        outputs_at=tuple(place for _, place in outputs),
    )


def _choice(section: Section, dotted: str, default: str) -> str:
    """A word that the shape has checked."""
    return section.text(dotted) or default


def _image(section: Section) -> str:
    """The image, from either of its two places."""
    inner, outer = section.find("lambda.container.image"), section.find("lambda.image")
    if isinstance(inner, Scalar) and isinstance(outer, Scalar) and inner.text != outer.text:
        section.report.add(
            fault(
                "two-images",
                outer,
                f"must be the same as `container.image`, which is {inner.text}",
                "remove one of the two",
            )
        )
    image = section.text("lambda.container.image") or section.text("lambda.image")
    if image is None and not _is_given(section, "image"):
        section.report.add(
            problem(
                "missing-key",
                child_path(section.node.path, "image"),
                section.node.position,
                "is required: the image in which the script runs",
                "",
                "add `image:`, such as `image: grycap/mrbayes`",
            )
        )
    return image or ""


def _is_given(section: Section, key: str) -> bool:
    """Whether the user wrote the key in either place, soundly or not."""
    return any(
        section.node.find(place) is not None
        for place in (f"lambda.container.{key}", f"lambda.{key}", f"lambda.container.{key}_file")
    )


def _script(section: Section, has_inputs: bool) -> Script | None:
    node = section.find("lambda.init_script")
    if isinstance(node, Scalar):
        return read_script(node, section.report)
    if has_inputs and section.node.find("lambda.init_script") is None:
        section.report.add(
            problem(
                "missing-key",
                child_path(section.node.path, "init_script"),
                section.node.position,
                "is required for a function that files start",
                "",
                "add `init_script:`, such as `init_script: run.sh`",
            )
        )
    return None


def _folder(entry: Section) -> tuple[str, str] | None:
    """Bucket and folder of an item of `input` or `output`, or None after a problem was added."""
    provider = entry.text("storage_provider") or "s3"
    node = entry.find("path")
    if not isinstance(node, Scalar):
        return None
    if provider.partition(".")[0] != "s3":
        place = entry.find("storage_provider")
        if place is not None:
            entry.report.add(
                fault(
                    "not-supported-yet",
                    place,
                    "only s3 is supported",
                    "write `storage_provider: s3`",
                )
            )
        return None
    return paths.split(node, entry.report)


def _inputs(section: Section) -> list[tuple[Input, Located]]:
    found = []
    for entry in section.sections("lambda.input"):
        place = _folder(entry)
        if place is not None:
            model = Input(
                bucket=place[0],
                folder=place[1],
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
            )
            found.append((model, _located(entry)))
    return found


def _outputs(section: Section) -> list[tuple[Output, Located]]:
    found = []
    for entry in section.sections("lambda.output"):
        place = _folder(entry)
        if place is not None:
            model = Output(
                bucket=place[0],
                folder=place[1],
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
                key=entry.text("key") or "{name}",
            )
            found.append((model, _located(entry)))
    return found


def _located(entry: Section) -> Located:
    node = entry.find("path") or entry.node
    return Located(node.path, node.position)


def _batch(section: Section) -> Batch:
    gpus = section.integer("batch.gpus", 1 if section.boolean("batch.enable_gpu") else 0)
    vcpus = section.number("batch.vcpus", defaults.BATCH_VCPUS)
    state = _choice(section, "batch.state", "ENABLED")
    return Batch(
        vcpus=vcpus,
        memory_mib=section.integer("batch.memory", defaults.BATCH_MEMORY_MIB),
        gpus=gpus,
        attempts=section.integer("batch.retries", defaults.BATCH_ATTEMPTS - 1) + 1,
        timeout_seconds=section.integer("batch.timeout", defaults.BATCH_TIMEOUT_SECONDS),
        disk_gib=section.integer("batch.disk_gib", defaults.BATCH_DISK_GIB),
        environment=section.variables("batch.environment.Variables"),
        enabled=state == "ENABLED",
        service_role=None,
        compute_resources=_compute_resources(section, vcpus),
    )


def _compute_resources(section: Section, vcpus: float) -> ComputeResources:
    inside = "batch.compute_resources."
    return ComputeResources(
        type=ComputeType(_choice(section, inside + "type", defaults.BATCH_COMPUTE_TYPE)),
        min_vcpus=section.integer(inside + "min_v_cpus", defaults.BATCH_MIN_VCPUS),
        desired_vcpus=section.integer(inside + "desired_v_cpus", defaults.BATCH_DESIRED_VCPUS),
        max_vcpus=section.integer(
            inside + "max_v_cpus", max(defaults.BATCH_MAX_VCPUS, math.ceil(vcpus))
        ),
        instance_types=section.texts(inside + "instance_types") or defaults.BATCH_INSTANCE_TYPES,
        subnets=section.texts(inside + "subnets"),
        security_group_ids=section.texts(inside + "security_group_ids"),
        instance_role=section.text(inside + "instance_role"),
        launch_template_name=section.text(inside + "launch_template_name"),
    )
