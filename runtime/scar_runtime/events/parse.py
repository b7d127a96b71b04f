"""Which source an event comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events import direct, eventbridge, gateway, joined, onedata, storage, wrapped
from scar_runtime.events.fields import shown
from scar_runtime.events.records import Entry, Ignored, Refused

MAX_DEPTH = 4
"""An S3 event in an SNS message in an SQS message in a delegated event: more is nonsense."""


def parse(event: Any, depth: int = 0) -> Iterator[Entry]:
    """All records of `event`, in order. What claims to be of a known form and is not is `Refused`,
    and keeps no other record from being understood; any JSON without a known form is a direct
    invocation with that payload."""
    try:
        yield from _entries(event, depth)
    except EventError as fault:
        yield Refused(fault)


def _entries(event: Any, depth: int) -> Iterator[Entry]:
    if depth > MAX_DEPTH:
        raise EventError(f"the event is wrapped more than {MAX_DEPTH} times")
    if not isinstance(event, dict):
        yield direct.record(event)
    elif isinstance(event.get("Records"), list) and event["Records"]:
        yield from _records(event, depth)
    elif storage.is_test(event):
        yield Ignored("a test event of S3")
    elif eventbridge.is_object_event(event):
        yield eventbridge.record(event)
    elif gateway.is_request(event):
        yield gateway.record(event)
    elif joined.is_group(event):
        yield joined.record(event)
    elif wrapped.is_delegated(event):
        for entry in parse(wrapped.delegated(event), depth + 1):
            yield wrapped.located(event, entry)
    else:
        yield direct.record(event)


def _records(event: dict[str, Any], depth: int) -> Iterator[Entry]:
    if onedata.is_event(event):
        yield onedata.record(event)
        return
    for record in event["Records"]:
        try:
            yield from _record(record, depth)
        except EventError as fault:
            yield Refused(fault)


def _record(record: Any, depth: int) -> Iterator[Entry]:
    """One entry of a list of records, whatever service made the list."""
    if not isinstance(record, dict):
        raise EventError(f"a record must be an object, got {type(record).__name__}")
    source = record.get("eventSource", record.get("EventSource"))
    if source in tuple(storage.SOURCES):
        yield storage.record(record)
    elif source in wrapped.SOURCES:
        yield from parse(wrapped.message(record), depth + 1)
    else:
        raise EventError(f"records of source {shown(source)} are not known")
