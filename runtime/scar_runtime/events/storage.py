"""Notifications that S3 and MinIO send themselves.

Form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from scar_runtime.errors import EventError
from scar_runtime.events.records import Ignored, Record, StoredObject

SOURCES = {"aws:s3": "s3", "minio:s3": "minio"}
_CREATED = ("ObjectCreated:", "s3:ObjectCreated:")  # as S3 spells it, as MinIO does


def is_test(event: dict[str, Any]) -> bool:
    """S3 sends one when a notification is set up on a queue or a topic; it has no records."""
    return event.get("Event") == "s3:TestEvent"


def record(entry: dict[str, Any]) -> Record | Ignored:
    """One entry of `Records`. Its key is encoded as in an HTML form, and decoded here, once."""
    try:
        found = entry["s3"]["object"]
        stored = StoredObject(
            bucket=entry["s3"]["bucket"]["name"],
            key=unquote_plus(found["key"]),
            provider=SOURCES[entry["eventSource"]],
            version=found.get("versionId"),
            etag=found.get("eTag"),
            sequencer=found.get("sequencer") or _order(entry),
            size=found.get("size"),
        )
        name = entry["eventName"]
    except (KeyError, TypeError) as error:
        raise EventError(f"a storage record lacks {error}") from error
    if not name.startswith(_CREATED):
        return Ignored(f"{name} is not the creation of an object", stored.path)
    if stored.key.endswith("/"):
        return Ignored("a folder, not a file", stored.path)
    return Record(event={"Records": [entry]}, object=stored, time=entry.get("eventTime"))


def _order(entry: dict[str, Any]) -> str | None:
    """What tells two events of one key apart where the service counts nothing: others than S3 and
    MinIO may send events in their form."""
    found = entry["s3"]["object"]
    return None if "eTag" in found or "versionId" in found else entry.get("eventTime")
