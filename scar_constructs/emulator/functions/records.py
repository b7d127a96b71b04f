"""From the emulator's record of a function to what our execution needs of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.functions.asynchronous import (
    DEFAULT_AGE_SECONDS,
    DEFAULT_RETRIES,
    Settings,
)
from scar_constructs.emulator.functions.specification import Function

_VOLATILE = frozenset(
    {"State", "StateReason", "StateReasonCode", "LastModified"}
    | {"LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
)


def to_function(record: Mapping[str, Any]) -> Function:
    config = record["config"]
    _, _, _, region, account, _, name = config["FunctionArn"].split(":")[:7]
    image = (config.get("ImageConfigResponse") or {}).get("ImageConfig") or {}
    return Function(
        name=name,
        arn=config["FunctionArn"],
        version=_version(config),
        scope=Scope(account, region),
        role_arn=config["Role"],
        timeout_seconds=int(config["Timeout"]),
        memory_mib=int(config["MemorySize"]),
        tmp_mib=int((config.get("EphemeralStorage") or {}).get("Size", 512)),
        variables=(config.get("Environment") or {}).get("Variables") or {},
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        image=config.get("ImageUri") if config.get("PackageType") == "Image" else None,
        entrypoint=tuple(image.get("EntryPoint") or ()),
        command=tuple(image.get("Command") or ()),
        working_directory=image.get("WorkingDirectory") or None,
        code=record.get("code_zip"),
        handler=config.get("Handler") or "",
        runtime=config.get("Runtime") or "",
    )


def settings_of(record: Mapping[str, Any]) -> Settings:
    invoke = _invoke_config(record)
    retries = invoke.get("MaximumRetryAttempts")
    return Settings(
        retries=DEFAULT_RETRIES if retries is None else int(retries),
        max_age_seconds=int(invoke.get("MaximumEventAgeInSeconds") or DEFAULT_AGE_SECONDS),
    )


def failure_destination(record: Mapping[str, Any]) -> str | None:
    """The ARN of the on-failure destination, if the function has one."""
    on_failure = (_invoke_config(record).get("DestinationConfig") or {}).get("OnFailure") or {}
    arn: str | None = on_failure.get("Destination")
    return arn


def dead_letter_queue(record: Mapping[str, Any]) -> str | None:
    """The ARN of the function's dead-letter queue, if it has one."""
    arn: str | None = (record["config"].get("DeadLetterConfig") or {}).get("TargetArn")
    return arn


def inputs_of(event: Any) -> tuple[str, ...]:
    """The objects that an event is about, as "bucket/key": S3's own form or EventBridge's.

    S3 writes keys in form encoding; EventBridge does not.
    """
    if not isinstance(event, Mapping):
        return ()
    records = event.get("Records")
    if isinstance(records, list):
        found = [record.get("s3") for record in records if isinstance(record, Mapping)]
        return tuple(
            f"{s3['bucket']['name']}/{unquote_plus(s3['object']['key'])}" for s3 in found if s3
        )
    detail = event.get("detail")
    if event.get("source") == "aws.s3" and isinstance(detail, Mapping):
        return (f"{detail['bucket']['name']}/{detail['object']['key']}",)
    return ()


def messages_of(event: Any) -> tuple[str, ...]:
    """The ids of the messages of SQS that an event brings."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list):
        return ()
    found = [one for one in records if isinstance(one, Mapping)]
    return tuple(str(one["messageId"]) for one in found if one.get("eventSource") == "aws:sqs")


def _invoke_config(record: Mapping[str, Any]) -> Mapping[str, Any]:
    by_qualifier = record.get("event_invoke_configs") or {}
    config: Mapping[str, Any] = (
        record.get("event_invoke_config") or by_qualifier.get("$LATEST") or {}
    )
    return config


def _version(config: Mapping[str, Any]) -> str:
    stable = {name: value for name, value in config.items() if name not in _VOLATILE}
    return hashlib.sha256(json.dumps(stable, sort_keys=True, default=str).encode()).hexdigest()
