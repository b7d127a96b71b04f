"""What API Gateway does around the call of a function, where the emulator does less.

Limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (29 s) and
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (6 MB of event, which for
bytes is 4.5 MB, since they travel as base64).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.services import Emulator

WAIT_SECONDS = 29.0
MAX_EVENT_BYTES = 6 * 1024 * 1024
_SERVICE = "apigateway.amazonaws.com"
_ADDRESS = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=/|$)")

_ANY = "x-amazon-apigateway-any-method"
_AUTH = "x-amazon-apigateway-auth"
_METHODS = ("get", "post", "put", "delete", "patch", "head", "options")
_SIGNED = "signed"

Answer = dict[str, Any]


def understood(document: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI document in those words of API Gateway that the emulator knows: each method by
    its name, and a signature as a security scheme.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
    """
    components = document.get("components") or {}
    scheme = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
    schemes = {**(components.get("securitySchemes") or {}), _SIGNED: scheme}
    paths = {path: _methods(item) for path, item in (document.get("paths") or {}).items()}
    return {**document, "paths": paths, "components": {**components, "securitySchemes": schemes}}


def _methods(item: Mapping[str, Any]) -> dict[str, Any]:
    any_method = item.get(_ANY)
    named = {name: _secured(operation) for name, operation in item.items() if name != _ANY}
    if any_method is None:
        return named
    return {**dict.fromkeys(_METHODS, _secured(any_method)), **named}


def _secured(operation: Any) -> Any:
    if not isinstance(operation, Mapping):
        return operation
    if (operation.get(_AUTH) or {}).get("type") == "AWS_IAM":
        return {**operation, "security": [{_SIGNED: []}]}
    return operation


def local_address(value: str, endpoint: str) -> str:
    """The value of a stack's output, with the address of an API as it is on this machine."""
    return _ADDRESS.sub(rf"{endpoint}/_aws/execute-api/\1", value)


def too_late() -> Answer:
    """What the caller gets when the time is up; the function runs on."""
    return _answer(504, "Endpoint request timed out")


class Gateway:
    """API Gateway's leave to call functions."""

    def __init__(self, emulator: Emulator, warn: Callable[[str], None]) -> None:
        self._emulator = emulator
        self._warn = warn

    def refusal(self, function_arn: str, event: Mapping[str, Any]) -> Answer | None:
        """What the caller gets in place of the function's answer, or None to call it."""
        if len(json.dumps(event)) > MAX_EVENT_BYTES:
            return _answer(413, "Request Too Long")
        record = self._emulator.functions.find(function_arn)
        source = {"aws:sourcearn": _source_arn(self._emulator.scope(), event["requestContext"])}
        if record is None or not self._emulator.identity.policy_allows(
            record["policy"], _SERVICE, "lambda:InvokeFunction", function_arn, source
        ):
            self._warn(f"{function_arn} does not let {source['aws:sourcearn']} invoke it")
            return _answer(500, "Internal server error")
        return None


def _source_arn(scope: Scope, request: Mapping[str, Any]) -> str:
    place = f"{request['stage']}/{request['httpMethod']}{request['resourcePath']}"
    return scope.arn("execute-api", f"{request['apiId']}/{place}")


def _answer(status: int, message: str) -> Answer:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"message": message})}
