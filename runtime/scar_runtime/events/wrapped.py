"""Events inside other events: SQS and SNS messages, and SCAR's delegated events."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events import storage
from scar_runtime.events.fields import Fields
from scar_runtime.events.records import Entry, Record

SOURCES = ("aws:sqs", "aws:sns")
REDRIVEN = "redrive_of"
_KEYS = {"event", "storage_provider", REDRIVEN}
_REQUEST_ID_LETTERS = 128


def message(entry: dict[str, Any]) -> Any:
    """The event in the body of one SQS or SNS record."""
    if "body" in entry:
        return _inner(entry["body"])
    message = Fields("a message", entry).part("Sns").content
    if "Message" not in message:
        raise EventError("a message lacks 'Message'")
    return _inner(message["Message"])


def is_of_queue(event: Any, queue_arn: str | None) -> bool:
    """Whether an event brings messages of this queue, the function's own, and nothing else."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not queue_arn or not isinstance(records, list) or not records:
        return False
    return all(isinstance(one, dict) and one.get("eventSourceARN") == queue_arn for one in records)


def is_delegated(event: dict[str, Any]) -> bool:
    """Whether this is an event that another function hands on, as SCAR and OSCAR form it."""
    return "event" in event and not event.keys() - _KEYS


def first_request(event: Any) -> str | None:
    """The id of the request that brought this event first, where it is brought again."""
    if not isinstance(event, dict) or not is_delegated(event):
        return None
    name = event.get(REDRIVEN)
    return name[:_REQUEST_ID_LETTERS] if isinstance(name, str) and name else None


def delegated(event: dict[str, Any]) -> Any:
    return _inner(event["event"])


def located(event: dict[str, Any], entry: Entry) -> Entry:
    """An entry of a delegated event, at the provider that the event names.

    "s3" and "minio" say no more than the record itself does; "minio.mine" and "webdav" do.
    """
    provider = event.get("storage_provider")
    if not isinstance(provider, str) or provider in storage.SOURCES.values():
        return entry
    if not isinstance(entry, Record) or entry.object is None:
        return entry
    delegated = {"storage_provider": provider, "event": entry.event}
    return replace(entry, event=delegated, object=replace(entry.object, provider=provider))


def _inner(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        inner = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EventError(f"the inner event is not JSON: {error}") from error
    # An SNS message delivered through SQS is wrapped once more, without a list of records.
    if isinstance(inner, dict) and inner.get("Type") == "Notification" and "Message" in inner:
        return _inner(inner["Message"])
    return inner
