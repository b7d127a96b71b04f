"""How long a job definition and a Lambda function's variables become, which Batch and Lambda limit.

Both are made by the constructs, which `fdl` does not import; a test holds these estimates against
them. What does not depend on the file is counted once, at its largest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from scar_constructs.language.workflow.shares import share_identifier
from scar_constructs.model import Function

BUILT = 3_000
"""Bytes of a definition without the user's words: roles, logs, retries, names at their longest."""
STAGED = 13_300
"""The same with helper containers, whose command is the text that fetches the runtime."""
OWN_VARIABLES = 150
"""Bytes of the variables by which a function knows its spool bucket and its configuration."""
JOB_VARIABLES = 350
"""The same for its queue and its job definition, but for its share of the queue."""


def definition_size(function: Function, tags: Mapping[str, str]) -> int:
    """Bytes, at most, of the function's job definition with these tags."""
    variables, secrets = function.batch.environment, function.batch.secrets
    if not function.build:
        secrets = {**secrets, **function.secrets}
        if not function.script:
            # Nothing of ours is beside the program: what it needs comes by the definition.
            variables = {**variables, **function.environment}
    is_known_to_runtime = function.script or function.is_derived
    words = () if is_known_to_runtime else function.own_command.words
    return (
        (BUILT if function.build else STAGED)
        + _size({"Name": name, "Value": value} for name, value in variables.items())
        + _size({"Name": name, "ValueFrom": arn} for name, arn in secrets.items())
        + _size({name: value} for name, value in tags.items())
        + _size({"Name": name, "Soft": limit} for name, limit in function.batch.ulimits.items())
        + _size(words)
    )


def variables_size(function: Function) -> int:
    """Bytes, at most, of the names and values of the Lambda function's variables."""
    own = OWN_VARIABLES
    if function.execution_mode.runs_on_batch:
        own += JOB_VARIABLES + len(f"SCAR_JOB_SHARE{share_identifier(function.name)}")
    given = function.lambda_environment.items()
    return own + sum(
        len(f"{name}{value}".encode(errors="surrogateescape")) for name, value in given
    )


def _size(entries: Iterable[object]) -> int:
    """Of JSON's entries of a list, without white space, each with its comma."""
    return sum(
        len(json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")) + 1
        for one in entries
    )
