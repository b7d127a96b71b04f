"""The function's configuration: the one document that the runtime reads.

It is packaged into the image and into the dispatcher, and `fdl config` prints it. The script
travels inside, as text; bytes that are not UTF-8 are lone surrogates, which JSON's \\u escapes
carry unchanged.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from scar_constructs.model import Function, Input, Join, JoinStep, Output, StorageProvider

VERSION = 1


def render(function: Function) -> str:
    """The document as JSON: ASCII, sorted keys, one line feed at the end; same in, same out."""
    return json.dumps(_document(function), sort_keys=True, ensure_ascii=True, indent=2) + "\n"


def _document(function: Function) -> dict[str, Any]:
    script = function.script
    return {
        "version": VERSION,
        "name": function.name,
        "execution_mode": function.execution_mode.value,
        **({"lambda_up_to": up_to} if (up_to := function.lambda_up_to_bytes) else {}),
        "log_level": function.log_level,
        "timeout_threshold": function.timeout_threshold_seconds,
        "environment": dict(function.environment),
        "secrets": dict(function.secrets),
        "script": {"name": script.name, "content": script.content} if script else None,
        **_command(function),
        "credentials": function.credentials.value,
        "input": [_input(source) for source in function.inputs],
        "output": [_output(target) for target in function.outputs],
        "parameters": sorted(set(function.api.parameters)) if function.api else [],
        **({"joins": [_step(one) for one in steps]} if (steps := function.join_steps) else {}),
        "storage_providers": {one.name: _provider(one) for one in function.storage_providers},
    }


def _command(function: Function) -> dict[str, list[str]]:
    """What the runtime starts where there is no script, as far as it is known. The ENTRYPOINT of an
    image that is used as it is stays in force, before whatever runs."""
    runs = function.command
    entrypoint = runs.entrypoint if function.build else ()
    words = {"entrypoint": entrypoint, "command": runs.command}
    return {name: list(given) for name, given in words.items() if given is not None}


def _provider(provider: StorageProvider) -> dict[str, Any]:
    return {name: value for name, value in asdict(provider).items() if name != "name"}


def _input(source: Input) -> dict[str, Any]:
    join = {"join": _join(source.join)} if source.join else {}
    return {**_place(source), **join}


def _place(source: Input) -> dict[str, Any]:
    return {
        "storage_provider": source.provider,
        "bucket": source.bucket,
        "folder": source.folder,
        "prefix": list(source.prefixes),
        "suffix": list(source.suffixes),
    }


def _join(join: Join) -> dict[str, Any]:
    """What is said of it, and no more."""
    said = {name: value for name, value in asdict(join).items() if value}
    if "after_seconds" not in said:
        del said["then"]
    return said


def _step(step: JoinStep) -> dict[str, Any]:
    takers = [
        {"function": one.function, "input": [_place(source) for source in one.inputs]}
        for one in step.takers
    ]
    return {
        "join": step.join,
        "opens": step.opens,
        "takers": takers,
        "empty": asdict(step.empty),
    }


def _output(target: Output) -> dict[str, Any]:
    return {
        "storage_provider": target.provider,
        "bucket": target.bucket,
        "folder": target.folder,
        "prefix": list(target.prefixes),
        "suffix": list(target.suffixes),
        "key": target.key,
    }
