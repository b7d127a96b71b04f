"""Commands for a person to copy from the outputs of a deployed stack."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote_plus

from scar_constructs.model import Function, Input


def start_command(function: Function) -> str:
    """What starts the function: the upload of a first file, or else a call with an event of its
    storage provider or with a script.

    A file is named so that it passes the input's filters.
    """
    if not function.inputs:
        return _invoke(function, """{\\"script\\": \\"$(base64 -w0 run.sh)\\"}""")
    if not function.own_inputs:
        return _invoke(function, _event(function.inputs[0]))
    source = function.own_inputs[0]
    suffix = source.suffixes[0] if source.suffixes else ""
    folder = f"{source.folder}/" if source.folder else ""
    name = f"{source.prefixes[0]}FILE{suffix}" if source.prefixes else ""
    target = f"s3://{source.bucket}/{folder}{name}"
    return f"aws s3 cp {shlex.quote(f'FILE{suffix}')} {shlex.quote(target)}"


def _invoke(function: Function, payload: str) -> str:
    """A call with a payload that stands in double quotes for the shell."""
    return (
        f"aws lambda invoke --function-name {function.name} "
        f'--cli-binary-format raw-in-base64-out --payload "{payload}" /dev/stdout'
    )


def _event(source: Input) -> str:
    """The event of a new file at a storage provider, in SCAR's form."""
    key = f"{source.folder}/FILE" if source.folder else "FILE"
    record = {
        "eventSource": "minio:s3",
        "eventName": "s3:ObjectCreated:Put",
        "eventTime": "NOW",
        "s3": {"bucket": {"name": source.bucket}, "object": {"key": quote_plus(key, safe="/")}},
    }
    event = json.dumps({"storage_provider": source.provider, "event": {"Records": [record]}})
    escaped = re.sub(r'([\\"$`])', r"\\\1", event)
    return escaped.replace("NOW", "$(date +%s)")


def logs_command(function: str) -> str:
    """What follows the logs of a function, on Lambda and in jobs alike."""
    return f"scar logs {function} --follow"


def cluster_command(environment: str) -> str:
    """What shows the cluster behind a compute environment, for hosts to join."""
    return (
        f"aws batch describe-compute-environments --compute-environments {environment} "
        "--query 'computeEnvironments[0].ecsClusterArn' --output text"
    )


def key_command(key_id: str) -> str:
    """What shows the value of an API key."""
    return f"aws apigateway get-api-key --api-key {key_id} --include-value --query value"
