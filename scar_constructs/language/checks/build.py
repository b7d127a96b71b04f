"""Checks of a function whose image is used as it is, with the script brought to it:
`build: false`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.model import ExecutionMode, limits

_BUILD = "lambda.container.build"


def check_build_mode(parsed: ParsedFunction) -> Iterator[Problem]:
    """Only a job can have helper containers."""
    node = parsed.section.find(_BUILD)
    if node is None or parsed.function.build:
        return
    if parsed.function.execution_mode is not ExecutionMode.BATCH:
        message = "only jobs can run a script in an image that nothing is put into"
        yield fault(
            "no-build-mode", node, message, "write `execution_mode: batch`, or remove the key"
        )


def check_build_conflicts(parsed: ParsedFunction) -> Iterator[Problem]:
    """Keys that ask for another kind of job."""
    function = parsed.function
    if function.build:
        return
    conflicts = (
        (
            not function.create_image,
            "lambda.container.create_image",
            "runs what the image itself brings, and `build: false` brings a script to the image",
            "remove one of the two",
        ),
        (
            function.batch.multi_node is not None,
            "batch.multi_node_parallel.enabled",
            "with `build: false` a job has one host",
            "remove `build`, or the nodes",
        ),
    )
    for is_given, place, message, fix in conflicts:
        node = parsed.section.find(place)
        if is_given and node is not None:
            yield problem("no-build-conflict", node.path, node.position, message, "", fix)


def check_entrypoint(parsed: ParsedFunction) -> Iterator[Problem]:
    """The one limit of scripts. The lock file may know that the image has no ENTRYPOINT."""
    node, function = parsed.section.find(_BUILD), parsed.function
    if node is None or function.build or not function.script:
        return
    if function.image_command.entrypoint != ():
        message = "an ENTRYPOINT of the image stays in force, and gets the script as its command"
        fix = "see that the image has none, or one that runs its command; or remove the key"
        yield problem("entrypoint-stays", node.path, node.position, message, "", fix)


def check_payload_size(parsed: ParsedFunction) -> Iterator[Problem]:
    """Without an image of ours the payload is in the zip, which is the Lambda's too."""
    node = parsed.section.find("lambda.extra_payload")
    path = parsed.function.extra_payload
    if node is None or path is None or parsed.function.build:
        return
    if parsed.section.report.has_failed(node.position, node.path):
        return
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    limit = limits.LAMBDA_PAYLOAD_MAX_BYTES
    if size > limit:
        message = f"with `build: false` its files have at most {limit} bytes together, not {size}"
        fix = "put them into the image, or remove `build`"
        yield problem("payload-too-large", node.path, node.position, message, "", fix)


BUILD_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_build_mode,
    check_build_conflicts,
    check_entrypoint,
    check_payload_size,
)
