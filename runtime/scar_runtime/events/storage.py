"""Notifications that S3 and MinIO send themselves.

Form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from scar_runtime.events.fields import SHOWN_LETTERS, Fields
from scar_runtime.events.records import Ignored, Record, StoredObject

SOURCES = {"aws:s3": "s3", "minio:s3": "minio"}
_CREATED = ("ObjectCreated:", "s3:ObjectCreated:")  # as S3 spells it, as MinIO does


def is_test(event: dict[str, Any]) -> bool:
    """S3 sends one when a notification is set up on a queue or a topic; it has no records."""
    return event.get("Event") == "s3:TestEvent"


def record(entry: dict[str, Any]) -> Record | Ignored:
    """One entry of `Records`. Its key is encoded as in an HTML form, and decoded here, once."""
    fields = Fields("a storage record", entry)
    found = fields.part("s3").part("object")
    time = fields.token("eventTime")
    stored = StoredObject(
        bucket=fields.part("s3").part("bucket").text("name"),
        key=unquote_plus(found.text("key")),
        provider=SOURCES[entry["eventSource"]],
        version=found.token("versionId"),
        etag=found.token("eTag"),
        sequencer=found.token("sequencer") or _order(found, time),
        size=found.size("size"),
    )
    name = fields.text("eventName")
    if not name.startswith(_CREATED):
        return Ignored(f"{name[:SHOWN_LETTERS]} is not the creation of an object", stored.path)
    if stored.key.endswith("/"):
        return Ignored("a folder, not a file", stored.path)
    return Record(event={"Records": [entry]}, object=stored, time=time)


def _order(found: Fields, time: str | None) -> str | None:
    """What tells two events of one key apart where the service counts nothing: others than S3 and
    MinIO may send events in their form."""
    return None if "eTag" in found.content or "versionId" in found.content else time
