"""Requests over HTTP through API Gateway: REST (payload format 1.0) and HTTP APIs (2.0).

The body is data for the script, never an order to the runtime: whoever may send a request may
not thereby choose the script.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.records import Http, Payload, Record

BODY_FILE = "api_event_file"
"""The name SCAR gives the file with a request's body."""
PARAMETER = "CONT_VAR_"
_ASYNCHRONOUS = "x-amz-invocation-type"


def is_request(event: dict[str, Any]) -> bool:
    context = event.get("requestContext")
    return "httpMethod" in event or (isinstance(context, dict) and "http" in context)


def is_put_off(event: Any) -> bool:
    """Whether this is a request, as API Gateway sends it, whose caller does not wait.

    One that is taken up later comes inside an event of ours, and is none.
    """
    if not isinstance(event, dict) or not is_request(event):
        return False
    http = record(event).http
    return http is not None and not http.waiting


def record(event: dict[str, Any]) -> Record:
    """The body becomes the input file, the query parameters become variables."""
    body = _body(event)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return Record(
        event=event,
        payload=Payload(BODY_FILE, body) if body else None,
        variables=_parameters(event.get("queryStringParameters") or {}),
        http=Http(waiting=str(headers.get(_ASYNCHRONOUS, "")).lower() != "event"),
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise EventError(f"the body of a request must be text, got {type(body).__name__}")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise EventError(f"the body of the request is not base64: {error}") from error


def _parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """CONT_VAR_<name> for each parameter, and <name> itself, as the classic dialect has it.

    A caller may not steer the programs the script starts (PATH, LD_PRELOAD, http_proxy, ...):
    without the prefix only names in small letters pass, and they never replace a variable.
    """
    variables = {}
    for name, value in parameters.items():
        if not re.fullmatch(r"\w+", name, re.ASCII) or "\0" in value:
            continue
        variables[PARAMETER + name] = value
        if re.fullmatch(r"[a-z][a-z0-9_]*", name) and not name.endswith("_proxy"):
            variables[name] = value
    return variables
