"""Events inside other events: SQS and SNS messages, and SCAR's delegated events."""

from __future__ import annotations

import json
from typing import Any

from scar_runtime.errors import EventError

SOURCES = ("aws:sqs", "aws:sns")


def message(entry: dict[str, Any]) -> Any:
    """The event in the body of one SQS or SNS record."""
    try:
        body = entry["body"] if "body" in entry else entry["Sns"]["Message"]
    except (KeyError, TypeError) as error:
        raise EventError(f"a message lacks {error}") from error
    return _inner(body)


def is_delegated(event: dict[str, Any]) -> bool:
    """Whether this is an event that another function hands on, as SCAR and OSCAR form it."""
    return "event" in event and not event.keys() - {"event", "storage_provider"}


def delegated(event: dict[str, Any]) -> Any:
    return _inner(event["event"])


def _inner(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        inner = json.loads(body)
    except ValueError as error:
        raise EventError(f"the inner event is not JSON: {error}") from error
    # An SNS message delivered through SQS is wrapped once more, without a list of records.
    if isinstance(inner, dict) and inner.get("Type") == "Notification" and "Message" in inner:
        return _inner(inner["Message"])
    return inner
