"""S3's events as EventBridge delivers them.

Form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any

from scar_runtime.events.fields import SHOWN_LETTERS, Fields
from scar_runtime.events.records import Ignored, Record, StoredObject


def is_object_event(event: dict[str, Any]) -> bool:
    return event.get("source") == "aws.s3" and "detail-type" in event


def record(event: dict[str, Any]) -> Record | Ignored:
    """The one object of the event. Unlike in S3's own notifications, the key is not encoded."""
    fields = Fields("an EventBridge event of S3", event)
    found = fields.part("detail").part("object")
    stored = StoredObject(
        bucket=fields.part("detail").part("bucket").text("name"),
        key=found.text("key"),
        version=found.token("version-id"),
        etag=found.token("etag"),
        sequencer=found.token("sequencer"),
        size=found.size("size"),
    )
    kind = fields.text("detail-type")
    if kind != "Object Created":
        return Ignored(f"{kind[:SHOWN_LETTERS]} is not the creation of an object", stored.path)
    if stored.key.endswith("/"):
        return Ignored("a folder, not a file", stored.path)
    return Record(event=event, object=stored, time=fields.token("time"))
