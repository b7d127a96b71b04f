"""What Batch refuses when a job definition is registered or a job is submitted.

Limits: https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html and the API
reference of RegisterJobDefinition, SubmitJob, RetryStrategy and JobTimeout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local.cloud.batch.errors import ClientError
from local.cloud.batch.retry import MAX_ATTEMPTS, MAX_CONDITIONS

MAX_DEFINITION_BYTES = 24 * 1024
MAX_JOB_BYTES = 30 * 1024
MAX_OVERRIDES_CHARACTERS = 8192
"""ECS's limit on all overrides as JSON: Batch takes a larger job, which then fails."""
MIN_TIMEOUT_SECONDS = 60
_NOT_HERE = ("arrayProperties", "dependsOn", "nodeOverrides", "eksPropertiesOverride")
"""Kinds of jobs that are not run on this machine, refused rather than run as something else."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def check_name(name: object, field: str) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ClientError(
            f"{field} can be up to 128 letters (uppercase and lowercase), numbers, hyphens, and "
            f"underscores, and starts with an alphanumeric character, got {name!r}"
        )


def check_definition(request: Mapping[str, Any]) -> None:
    """Raise `ClientError` for a RegisterJobDefinition request that Batch refuses."""
    check_name(request.get("jobDefinitionName"), "jobDefinitionName")
    size = len(json.dumps(request))
    if size > MAX_DEFINITION_BYTES:
        raise ClientError(f"Job definition size must be less than 24 KiB, got {size // 1024} KiB")
    if request.get("type") != "container":
        raise ClientError(f"type must be container on this machine, got {request.get('type')!r}")
    container = request.get("containerProperties") or {}
    if not container.get("image"):
        raise ClientError("Container properties must include an image")
    requirements = {entry["type"] for entry in container.get("resourceRequirements") or ()}
    for wanted, old in (("VCPU", "vcpus"), ("MEMORY", "memory")):
        if wanted not in requirements and old not in container:
            raise ClientError(f"Container properties must include {wanted} in resourceRequirements")
    check_environment(container.get("environment"))
    check_retries(request.get("retryStrategy"))
    check_timeout(request.get("timeout"))


def check_job(request: Mapping[str, Any]) -> None:
    """Raise `ClientError` for a SubmitJob request that Batch refuses at once."""
    check_name(request.get("jobName"), "jobName")
    size = len(json.dumps(request))
    if size > MAX_JOB_BYTES:
        raise ClientError(f"Job size must be less than 30 KiB, got {size // 1024} KiB")
    if refused := [name for name in _NOT_HERE if request.get(name)]:
        raise ClientError(f"{refused[0]} is not possible in the local cloud")
    overrides = request.get("containerOverrides") or {}
    if "" in (overrides.get("command") or ()):
        raise ClientError("Container command override must not contain an empty string")
    check_environment(overrides.get("environment"))
    check_retries(request.get("retryStrategy"))
    check_timeout(request.get("timeout"))


def overrides_fault(request: Mapping[str, Any]) -> str | None:
    """Why a job that Batch has taken fails before its first attempt, or None."""
    overrides = request.get("containerOverrides") or {}
    if len(json.dumps(overrides)) > MAX_OVERRIDES_CHARACTERS:
        return f"Container Overrides length must be at most {MAX_OVERRIDES_CHARACTERS}"
    return None


def check_environment(environment: Any) -> None:
    for entry in environment or ():
        if entry["name"].startswith("AWS_BATCH"):
            raise ClientError(
                f"Environment variables must not start with AWS_BATCH, got {entry['name']}"
            )


def check_retries(strategy: Any) -> None:
    if not strategy:
        return
    attempts, conditions = strategy.get("attempts"), strategy.get("evaluateOnExit") or ()
    if conditions and attempts is None:
        raise ClientError("RetryStrategy attempts must be specified with evaluateOnExit")
    if attempts is not None and not 1 <= int(attempts) <= MAX_ATTEMPTS:
        raise ClientError(f"RetryStrategy attempts must be 1 to {MAX_ATTEMPTS}, got {attempts}")
    if len(conditions) > MAX_CONDITIONS:
        raise ClientError(
            f"evaluateOnExit must have at most {MAX_CONDITIONS} entries, got {len(conditions)}"
        )


def check_timeout(timeout: Any) -> None:
    seconds = (timeout or {}).get("attemptDurationSeconds")
    if seconds is not None and int(seconds) < MIN_TIMEOUT_SECONDS:
        raise ClientError(f"Timeout must be at least {MIN_TIMEOUT_SECONDS} seconds, got {seconds}")
