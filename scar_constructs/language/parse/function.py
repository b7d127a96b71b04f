"""One function's nodes (in the FDL dialect's order) to its model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scar_constructs.language.diagnostics.problems import Position
from scar_constructs.language.keys.size import bytes_of
from scar_constructs.language.lock import Lock
from scar_constructs.language.parse import storage
from scar_constructs.language.parse.batch import parse_batch
from scar_constructs.language.parse.commands import parse_commands
from scar_constructs.language.parse.scripts import read_script
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Scalar, child_path
from scar_constructs.model import (
    Api,
    ApiAuth,
    Architecture,
    ExecutionMode,
    FileSystem,
    Function,
    Queue,
    Script,
    ScriptCredentials,
    Vpc,
    limits,
)

UDOCKER_PREFIX = "UDOCKER_"


@dataclass(frozen=True)
class Located:
    """A place that a later stage may have to name in a problem."""

    path: str
    position: Position


@dataclass(frozen=True)
class ParsedFunction:
    """A function, with the places of its name, inputs and outputs.

    `own` is what the function says without the defaults; `former` the function as it was when its
    jobs went to another compute environment.
    """

    function: Function
    section: Section
    name_at: Located
    inputs_at: tuple[Located, ...]
    outputs_at: tuple[Located, ...]
    own: Mapping
    former: ParsedFunction | None = None


def parse_function(
    section: Section, providers: storage.Providers, lock: Lock
) -> ParsedFunction | None:
    """The model, or None if the function has no name. `providers` are those of its file."""
    name_node = section.node.find("lambda.name")
    if not isinstance(name_node, Scalar) or not name_node.text:
        return None
    # A name with a fault has been reported, and stands in for a sound one so that the rest of the
    # function is checked in the same run.
    name = section.text("lambda.name") or name_node.text
    inputs = storage.parse_inputs(section, providers)
    outputs = storage.parse_outputs(section, providers)
    image, settings, access = _image(section), _lambda_settings(section), _access_settings(section)
    saved, architecture = access["image_file"], settings["architecture"]
    return ParsedFunction(
        function=Function(
            name=name,
            image=image,
            script=_script(section),
            inputs=tuple(model for model, _ in inputs),
            outputs=tuple(model for model, _ in outputs),
            storage_providers=providers.used_by(
                [*(model for model, _ in inputs), *(model for model, _ in outputs)]
            ),
            batch=parse_batch(section),
            **settings,
            **access,
            **parse_commands(section, image, saved, architecture, lock),
        ),
        section=section,
        name_at=Located(name_node.path, name_node.position),
        inputs_at=tuple(_located(entry) for _, entry in inputs),
        outputs_at=tuple(_located(entry) for _, entry in outputs),
        own=section.node,
    )


def _lambda_settings(section: Section) -> dict[str, Any]:
    """The fields that say how the Lambda function runs."""
    timeout = section.integer("lambda.timeout", limits.LAMBDA_TIMEOUT_SECONDS)
    architectures = section.texts("lambda.architectures")
    concurrency = section.integer("lambda.concurrency", -1)
    mode = ExecutionMode(section.text("lambda.execution_mode") or limits.EXECUTION_MODE)
    up_to = section.text("lambda.lambda_up_to") or limits.LAMBDA_UP_TO
    return {
        "execution_mode": mode,
        "lambda_up_to_bytes": bytes_of(up_to) if mode is ExecutionMode.AUTO else None,
        "memory_mib": section.integer("lambda.memory", limits.LAMBDA_MEMORY_MIB),
        "timeout_seconds": timeout,
        "timeout_threshold_seconds": section.integer(
            "lambda.container.timeout_threshold", limits.timeout_threshold(timeout)
        ),
        "ephemeral_storage_mib": section.integer(
            "lambda.ephemeral_storage", limits.LAMBDA_STORAGE_MIB
        ),
        "retries": section.integer("lambda.retries", limits.LAMBDA_RETRIES),
        "description": section.text("lambda.description") or limits.DESCRIPTION,
        "log_level": section.text("lambda.log_level") or limits.LOG_LEVEL,
        "log_retention_days": section.integer(
            "cloudwatch.log_retention_policy_in_days", limits.LOG_RETENTION_DAYS
        ),
        "environment": section.environment("lambda.container.environment.Variables"),
        "lambda_environment": _lambda_environment(section),
        "architecture": Architecture(
            architectures[0] if architectures else Architecture.X86_64.value
        ),
        "concurrency": concurrency if concurrency >= 0 else None,
        "queue": _queue(section),
        "tracing": section.boolean("lambda.tracing") or False,
        "retired": section.boolean("lambda.retired") or False,
    }


def _queue(section: Section) -> Queue:
    if section.text("lambda.queue"):
        return Queue.RETIRED
    return Queue.ON if section.boolean("lambda.queue") else Queue.OFF


def _access_settings(section: Section) -> dict[str, Any]:
    """The fields that name things which exist already, and who may call the function."""
    return {
        "tags": section.variables("lambda.tags"),
        "role": section.text("iam.role"),
        "vpc": _vpc(section),
        "file_system": _file_system(section),
        "secrets": section.variables("lambda.secrets"),
        "api": _api(section),
        "image_file": _path(section, "lambda.container.image_file"),
        "create_image": section.boolean("lambda.container.create_image") is not False,
        "build": section.boolean("lambda.container.build") is not False,
        "credentials": ScriptCredentials(
            section.text("lambda.container.credentials") or ScriptCredentials.ROLE.value
        ),
        "repository_credentials": section.text("lambda.container.repository_credentials"),
        "extra_payload": _path(section, "lambda.extra_payload"),
    }


def _lambda_environment(section: Section) -> dict[str, str]:
    """Lambda's own variables, without those by which SCAR steered udocker."""
    return {
        name: value
        for name, value in section.environment("lambda.environment.Variables").items()
        if not name.startswith(UDOCKER_PREFIX)
    }


def _located(entry: Section) -> Located:
    node = entry.find("path") or entry.node
    return Located(node.path, node.position)


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
    if image is None and not _is_image_given(section):
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


def _is_image_given(section: Section) -> bool:
    """Whether the user wrote an image in any of its places, soundly or not."""
    places = ("lambda.container.image", "lambda.image", "lambda.container.image_file")
    return any(section.node.find(place) is not None for place in places)


def _script(section: Section) -> Script | None:
    node = section.find("lambda.init_script")
    return read_script(node, section.report) if isinstance(node, Scalar) else None


def _path(section: Section, dotted: str) -> Path | None:
    """A path relative to the file that names it."""
    node = section.find(dotted)
    if not isinstance(node, Scalar) or not node.text:
        return None
    return Path(node.position.file).parent / node.text


def _vpc(section: Section) -> Vpc | None:
    subnets = section.texts("lambda.vpc.SubnetIds")
    groups = section.texts("lambda.vpc.SecurityGroupIds")
    if not subnets or not groups:
        return None
    return Vpc(subnet_ids=subnets, security_group_ids=groups)


def _file_system(section: Section) -> FileSystem | None:
    for entry in section.sections("lambda.file_system"):
        arn, path = entry.text("Arn"), entry.text("LocalMountPath")
        if arn is not None and path is not None:
            return FileSystem(
                access_point_arn=arn, mount_path=path, file_system_id=entry.text("FileSystemId")
            )
    return None


def _api(section: Section) -> Api | None:
    name = section.text("api_gateway.name")
    if name is None:
        return None
    return Api(
        name=name,
        auth=ApiAuth(section.text("api_gateway.auth") or limits.API_AUTH),
        stage=section.text("api_gateway.stage_name") or limits.API_STAGE,
        method=section.text("api_gateway.http_method") or limits.API_METHOD,
        web_acl=section.text("api_gateway.web_acl"),
        parameters=section.texts("api_gateway.parameters"),
    )
