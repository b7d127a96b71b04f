"""What a template says of a function in plain words: for reviewers, and for the commands that list
what is deployed."""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import aws_lambda as lambda_

from scar_constructs.aws.function.plain_text import place, script_lines, setting_lines
from scar_constructs.model import ExecutionMode, Function, Input
from scar_constructs.model.limits import FUNCTION_METADATA


def describe(made: lambda_.Function, function: Function) -> None:
    """Write the description into the metadata of the Lambda function, where it changes nothing."""
    resource = cast(lambda_.CfnFunction, made.node.default_child)
    resource.add_metadata(FUNCTION_METADATA, description_of(function))


def description_of(function: Function) -> dict[str, Any]:
    """Mode, image, memory in MiB of what runs the script, folders as "bucket/folder", and as lines
    what is packaged: `cdk diff` would show no more than another hash."""
    in_jobs = function.execution_mode is ExecutionMode.BATCH
    saved = function.image_file.name if function.image_file else ""
    described: dict[str, Any] = {
        "mode": function.execution_mode.value,
        "image": function.image or saved,
        "memory": function.batch.memory_mib if in_jobs else function.memory_mib,
        "inputs": [place(one) for one in function.inputs],
        "outputs": [place(one) for one in function.outputs],
    }
    if function.api:
        described["api"] = {"auth": function.api.auth.value, "method": function.api.method}
    if source := function.join_input:
        described["join"] = _join(source)
    if function.retired:
        described["retired"] = True
    if function.script:
        described["script"] = [function.script.name, *script_lines(function.script)]
    if settings := setting_lines(function):
        described["settings"] = settings
    return described


def _join(source: Input) -> dict[str, Any]:
    """Where its files arrive, and how many make a group whole, if that is known."""
    join = source.join
    files = len(join.suffixes) or join.count if join else 0
    return {"input": place(source), **({"files": files} if files else {})}
