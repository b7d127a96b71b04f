"""Checks of one function that no single key can make: values that do not go together.

Each check is a free function that yields the problems it finds, and stands in one of the lists at
the end. What AWS would say at deployment, or only when a job waits for ever, is said here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from scar_constructs.language.checks.batch import BATCH_CHECKS
from scar_constructs.language.checks.build import BUILD_CHECKS
from scar_constructs.language.checks.definition_size import variables_size
from scar_constructs.language.checks.dispatcher import DISPATCHER_CHECKS
from scar_constructs.language.checks.images import IMAGE_CHECKS
from scar_constructs.language.checks.joins import JOIN_CHECKS
from scar_constructs.language.checks.machines import MACHINE_CHECKS
from scar_constructs.language.checks.owners import OWNER_CHECKS
from scar_constructs.language.checks.queues import QUEUE_CHECKS
from scar_constructs.language.checks.routing import ROUTING_CHECKS
from scar_constructs.language.checks.secrets import SECRET_CHECKS
from scar_constructs.language.checks.sizes import SIZE_CHECKS
from scar_constructs.language.checks.storage import STORAGE_CHECKS
from scar_constructs.language.checks.variables import VARIABLE_CHECKS
from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.keys.bucket_path import control_fault
from scar_constructs.language.keys.ecr import ECR_IMAGE
from scar_constructs.language.parse.function import UDOCKER_PREFIX, ParsedFunction
from scar_constructs.language.parse.outside_files import check_payload, is_allowed
from scar_constructs.language.paths import fault_of_folder
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, Sequence
from scar_constructs.model import Output, limits
from scar_constructs.model.filters import Filter, input_filters
from scar_constructs.terminal import quote

Check = Callable[[ParsedFunction], Iterator[Problem]]

PLACEHOLDERS = ("{name}", "{stem}", "{request_id}")
GROUP = "{group}"


def check_function(parsed: ParsedFunction) -> None:
    """Add all problems of one function to its report."""
    checks = [
        *(*CHECKS, *OWNER_CHECKS, *ROUTING_CHECKS),
        *(*IMAGE_CHECKS, *BUILD_CHECKS, *SECRET_CHECKS, *STORAGE_CHECKS, *VARIABLE_CHECKS),
        *QUEUE_CHECKS,
    ]
    if parsed.function.execution_mode.runs_on_batch:
        checks += [*BATCH_CHECKS, *MACHINE_CHECKS, *SIZE_CHECKS, *DISPATCHER_CHECKS]
    for check in checks:
        for found in check(parsed):
            parsed.section.report.add(found)


def check_threshold(parsed: ParsedFunction) -> Iterator[Problem]:
    """Something of the time-out must be left for the script."""
    node = parsed.section.find("lambda.container.timeout_threshold")
    timeout = parsed.function.timeout_seconds
    if node is not None and parsed.function.timeout_threshold_seconds >= timeout:
        yield fault(
            "threshold-too-long",
            node,
            f"must be less than the time-out of {timeout} seconds",
            f"write less than {timeout}, or raise the time-out",
        )


def check_lambda_environment(parsed: ParsedFunction) -> Iterator[Problem]:
    """Names and size that Lambda accepts."""
    variables = parsed.section.find("lambda.environment.Variables")
    if variables is None:
        return
    for name in parsed.function.lambda_environment:
        node = parsed.section.find(f"lambda.environment.Variables.{name}")
        if node is None:
            continue
        if name in limits.LAMBDA_RESERVED_VARIABLES or name.startswith("SCAR_"):
            message = "the name is kept for Lambda and for this project's runtime"
            yield problem("reserved-variable", node.path, node.position, message, "", "rename it")
        elif not re.fullmatch(r"[A-Za-z]\w+", name, re.ASCII):
            message = "Lambda takes names of two or more characters that start with a letter"
            yield problem("variable-name", node.path, node.position, message, "", "rename it")
    size, limit = variables_size(parsed.function), limits.LAMBDA_ENVIRONMENT_MAX_BYTES
    if size > limit:
        yield problem(
            "environment-too-large",
            variables.path,
            variables.position,
            f"all names and values must have at most {limit} bytes together, and have about "
            f"{size} with those that the runtime needs",
            "",
            "give the script what it needs in `container.environment`, which has no such limit",
        )


def check_udocker(parsed: ParsedFunction) -> Iterator[Problem]:
    """SCAR steered udocker by variables of the Lambda function; they are left out."""
    node = parsed.section.find("lambda.environment.Variables")
    if isinstance(node, Mapping):
        names = [name for name in node.entries if name.startswith(UDOCKER_PREFIX)]
        if names:
            message = f"{', '.join(names)}: ignored, because images run without udocker"
            yield problem("ignored-key", node.path, node.position, message, "", "remove them")


def check_key_templates(parsed: ParsedFunction) -> Iterator[Problem]:
    """Known placeholders only, and a key that stays under its folder."""
    for entry in parsed.section.sections("lambda.output"):
        node = entry.find("key")
        if isinstance(node, Scalar):
            joins = any(source.join for source in parsed.function.inputs)
            known = (*PLACEHOLDERS, GROUP) if joins else PLACEHOLDERS
            yield from _template_problems(node, known, bool(parsed.function.inputs))


def _template_problems(node: Scalar, known: tuple[str, ...], has_inputs: bool) -> Iterator[Problem]:
    template = node.text
    rest = template
    for placeholder in known:
        rest = rest.replace(placeholder, "x")
    if "{" in rest or "}" in rest:
        message = f"must have no placeholders but {', '.join(known)}"
        yield fault("key-template", node, message, 'write it such as "{stem}/{name}"')
    elif control := control_fault(template):
        yield fault("key-template", node, f"must {control}", "remove it")
    elif any(part in ("", ".", "..") for part in rest.split("/")):
        message = "must have no empty part, `.` or `..`"
        yield fault("key-template", node, message, 'write it such as "{stem}/{name}"')
    elif has_inputs and rest == template:
        message = "must have a placeholder, or the outputs of all files overwrite each other"
        yield fault("fixed-output-name", node, message, 'add one, such as "{stem}/{name}"')


def check_filters(parsed: ParsedFunction) -> Iterator[Problem]:
    """Filters are text as it stands; a star would be a star in the file's name."""
    for side in ("lambda.input", "lambda.output"):
        for entry in parsed.section.sections(side):
            for key in ("prefix", "suffix"):
                for item in _items(entry.find(key)):
                    control = control_fault(item.text)
                    if control:
                        yield fault("bad-text", item, f"must {control}", "remove it")
                    if "*" in item.text or "?" in item.text:
                        plain = item.text.strip("*?")
                        yield fault(
                            "filter-wildcard",
                            item,
                            "must be plain text: filters know no wildcards",
                            f"write {quote(plain)}" if plain else "remove it",
                        )


def _items(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Scalar))


def check_key_lengths(parsed: ParsedFunction) -> Iterator[Problem]:
    """A key has 1,024 bytes; something must be left for the file's name."""
    limit = limits.OBJECT_KEY_MAX_BYTES
    function = parsed.function
    sizes = [
        *(max(map(_bytes_of, input_filters(source))) for source in function.inputs),
        *(_least_key(target) for target in function.outputs),
    ]
    for size, at in zip(sizes, [*parsed.inputs_at, *parsed.outputs_at], strict=True):
        if size >= limit:
            message = f"a key has at most {limit} bytes, and {size} are taken without the file"
            yield problem("folder-too-long", at.path, at.position, message, "", "shorten it")


def _bytes_of(one: Filter) -> int:
    return len(f"{one.prefix}{one.suffix}".encode(errors="surrogateescape"))


def _least_key(target: Output) -> int:
    """What an output's key has without the file's name; a request's id has 36 letters."""
    named = target.key.replace("{request_id}", "0" * 36)
    for placeholder in ("{name}", "{stem}", GROUP):
        named = named.replace(placeholder, "")
    return len(f"{target.folder}/{named}".encode(errors="surrogateescape"))


def check_layers(parsed: ParsedFunction) -> Iterator[Problem]:
    """A function made from an image takes no layers."""
    node = parsed.section.find("lambda.layers")
    if isinstance(node, Sequence) and node.items:
        yield fault(
            "layers-refused",
            node,
            "a Lambda function that is made from a container image takes no layers",
            "put their files into the image, such as by `COPY tools /opt/tools` in its Dockerfile",
        )


def check_image_sources(parsed: ParsedFunction) -> Iterator[Problem]:
    """One source of the image; one that is used as it is must be in ECR."""
    section = parsed.section
    file_node = section.find("lambda.container.image_file")
    if file_node is not None and parsed.function.image:
        yield fault("two-images", file_node, "`image` is given too", "remove one of the two")
    if (
        not parsed.function.create_image
        and parsed.function.execution_mode.runs_on_lambda
        and file_node is None
        and not ECR_IMAGE.fullmatch(parsed.function.image)
    ):
        node = section.find("lambda.container.create_image")
        if node is not None:
            yield fault(
                "image-not-in-ecr",
                node,
                "an image that Lambda uses as it is must be in ECR",
                "remove the key, or name the image as ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME",
            )


def check_ready_image(parsed: ParsedFunction) -> Iterator[Problem]:
    """Nothing can be put into an image that is used as it is."""
    if parsed.function.create_image:
        return
    for place in (
        "lambda.init_script",
        "lambda.extra_payload",
        "lambda.container.environment.Variables",
    ):
        node = parsed.section.node.find(place)
        if node is not None:
            message = "has no effect: the image is used as it is (`create_image: false`)"
            yield problem(
                "ignored-key", node.path, node.position, message, "", "put it into the image"
            )


def check_extra_payload(parsed: ParsedFunction) -> Iterator[Problem]:
    """The folder is packaged with the image."""
    node = parsed.section.find("lambda.extra_payload")
    path = parsed.function.extra_payload
    if not isinstance(node, Scalar) or path is None:
        return
    report = parsed.section.report
    if not is_allowed(path, node, report):
        return
    if (message := fault_of_folder(path)) is not None:
        yield fault("file-not-found", node, message, "correct the path")
    else:
        check_payload(path, node, report)


def check_file_system(parsed: ParsedFunction) -> Iterator[Problem]:
    """Lambda reaches EFS only from inside its network."""
    node = parsed.section.find("lambda.file_system")
    if not isinstance(node, Sequence) or not node.items:
        return
    on_lambda = parsed.function.execution_mode.runs_on_lambda
    if on_lambda and parsed.section.node.find("lambda.vpc") is None:
        yield fault(
            "file-system-without-vpc",
            node,
            "needs `vpc`, the network in which the file system is",
            "add `vpc: {SubnetIds: [...], SecurityGroupIds: [...]}`",
        )


def check_output_paths(parsed: ParsedFunction) -> Iterator[Problem]:
    """Two outputs with the same place and the same filters write each file twice."""
    seen: dict[Output, str] = {}
    for output, at in zip(parsed.function.outputs, parsed.outputs_at, strict=True):
        if output in seen:
            message = f"is the same as {seen[output]}"
            yield problem("same-output-twice", at.path, at.position, message, "", "remove one")
        seen.setdefault(output, at.path)


CHECKS: tuple[Check, ...] = (
    check_threshold,
    check_lambda_environment,
    check_udocker,
    check_key_templates,
    check_filters,
    check_key_lengths,
    check_layers,
    check_image_sources,
    check_ready_image,
    check_extra_payload,
    check_file_system,
    check_output_paths,
    *JOIN_CHECKS,
)
