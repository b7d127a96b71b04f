"""Commands for a person to copy from the outputs of a deployed stack."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from scar_constructs.fdl.models import Function


def start_command(function: Function) -> str:
    """What starts the function: the upload of a first file, or else a call with a script.

    A file is named so that it passes the input's filters.
    """
    if not function.inputs:
        return (
            f"aws lambda invoke --function-name {function.name} "
            "--cli-binary-format raw-in-base64-out "
            """--payload "{\\"script\\": \\"$(base64 -w0 run.sh)\\"}" /dev/stdout"""
        )
    source = function.inputs[0]
    suffix = source.suffixes[0] if source.suffixes else ""
    folder = f"{source.folder}/" if source.folder else ""
    name = f"{source.prefixes[0]}FILE{suffix}" if source.prefixes else ""
    target = f"s3://{source.bucket}/{folder}{name}"
    return f"aws s3 cp {shlex.quote(f'FILE{suffix}')} {shlex.quote(target)}"


def logs_command(groups: Iterable[str]) -> str:
    """What follows these log groups, one command after the other."""
    return "; ".join(f"aws logs tail {shlex.quote(group)} --follow" for group in groups)


def key_command(key_id: str) -> str:
    """What shows the value of an API key."""
    return f"aws apigateway get-api-key --api-key {key_id} --include-value --query value"
