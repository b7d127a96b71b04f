"""Calls of a function at its HTTP address, signed or with its key."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from scar_constructs.errors import UserError
from scar_constructs.model.limits import KEY_OUTPUT
from scar_constructs.operate.deployed import DeployedFunction, DeployedStack
from scar_constructs.operate.session import Session

_TIMEOUT_SECONDS = 60.0
"""More than the 29 s for which API Gateway waits."""
_SCHEMES = ("https://", "http://127.0.0.1:", "http://localhost:")
"""That of AWS, and those of a local cloud."""
_KEY = re.compile(r"--api-key (\S+)")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes

    @property
    def failed(self) -> bool:
        return self.status >= 400


def call(
    session: Session,
    stack: DeployedStack,
    function: DeployedFunction,
    body: bytes | None,
    *,
    content_type: str,
    parameters: Mapping[str, Any],
    later: bool,
) -> Answer:
    """Send a request; POST with a body, GET without one where the function takes it. Raises
    `UserError` where the function has no address or does not answer."""
    url = stack.address(function.name)
    if url is None:
        raise UserError(
            f"{function.name} has no HTTP address: give it `api_gateway: {{name: ...}}`"
        )
    if not url.startswith(_SCHEMES):
        raise UserError(f"the address of {function.name} in stack {stack.name} is none: {url}")
    if parameters:
        url += "?" + urlencode(parameters, doseq=True)
    method = "POST" if body is not None or function.method not in ("GET", "ANY") else "GET"
    # Whatever the type: API Gateway hands bytes over only to who says so.
    headers = {"Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = content_type
    if later:
        headers["X-Amz-Invocation-Type"] = "Event"
    if function.auth == "api_key":
        headers["x-api-key"] = _key(session, stack, function.name)
    elif function.auth == "iam":
        headers = _signed(session, method, url, body, headers)
    return _sent(urllib.request.Request(url, body, headers, method=method))  # noqa: S310


def _key(session: Session, stack: DeployedStack, function: str) -> str:
    found = _KEY.search(stack.outputs.get(KEY_OUTPUT.format(function), ""))
    if found is None:
        raise UserError(f"stack {stack.name} does not say which API key {function} has")
    answer = session.client("apigateway").get_api_key(apiKey=found[1], includeValue=True)
    return str(answer["value"])


def _signed(
    session: Session, method: str, url: str, body: bytes | None, headers: dict[str, str]
) -> dict[str, str]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html"""
    if session.credentials is None:
        raise UserError("there are no credentials: log in, or choose a profile with --profile")
    request = AWSRequest(method, url, data=body or b"", headers=headers)
    SigV4Auth(session.credentials, "execute-api", session.region).add_auth(request)
    return dict(request.headers.items())


def _sent(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers.get("Content-Type", ""), error.read())
    except (urllib.error.URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise UserError(f"{request.full_url} does not answer: {reason}") from error


def parameters_of(text: str | None) -> dict[str, Any]:
    """The parameters of a JSON object, whose values are texts or lists. Raises `UserError`."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UserError(
            f'-p is no JSON ({error}): write such as \'{{"name": "value"}}\''
        ) from error
    if not isinstance(found, dict):
        raise UserError('-p must be a JSON object, such as \'{"name": "value"}\'')
    return found
