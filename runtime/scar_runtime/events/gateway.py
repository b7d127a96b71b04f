"""Requests over HTTP through API Gateway: REST (payload format 1.0) and HTTP APIs (2.0).

The body is data for the script, never an order to the runtime: whoever may send a request may
not thereby choose the script. Neither may a query parameter become a variable that steers a
program (`environment`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.records import Http, Payload, Record

BODY_FILE = "api_event_file"
"""The name SCAR gives the file with a request's body."""
_ASYNCHRONOUS = "x-amz-invocation-type"


def is_request(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    context = event.get("requestContext")
    return "httpMethod" in event or (isinstance(context, dict) and "http" in context)


def is_put_off(event: Any) -> bool:
    """Whether this is a request, as API Gateway sends it, whose caller does not wait.

    One that is taken up later comes inside an event of ours, and is none.
    """
    return is_request(event) and not _is_awaited(event)


def record(event: dict[str, Any]) -> Record:
    """The body becomes the input file. Raises `EventError`."""
    body = _body(event)
    return Record(
        event=event,
        payload=Payload(BODY_FILE, body) if body else None,
        parameters=_texts(event.get("queryStringParameters")),
        http=Http(waiting=_is_awaited(event)),
    )


def _is_awaited(event: Mapping[str, Any]) -> bool:
    """By its headers alone: a body may have megabytes to decode."""
    return not any(
        name.lower() == _ASYNCHRONOUS and value.lower() == "event"
        for name, value in _texts(event.get("headers")).items()
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise EventError(f"the body of a request must be text, got {type(body).__name__}")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EventError(f"the body of the request is not base64: {error}") from error


def _texts(given: Any) -> dict[str, str]:
    """Names with a text as their value. API Gateway sends nothing else, but null for no names."""
    pairs = given.items() if isinstance(given, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str)}
