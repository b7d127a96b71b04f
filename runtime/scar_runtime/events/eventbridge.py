"""S3's events as EventBridge delivers them.

Form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.records import Ignored, Record, StoredObject


def is_object_event(event: dict[str, Any]) -> bool:
    return event.get("source") == "aws.s3" and "detail-type" in event


def record(event: dict[str, Any]) -> Record | Ignored:
    """The one object of the event. Unlike in S3's own notifications, the key is not encoded."""
    try:
        detail = event["detail"]
        found = detail["object"]
        stored = StoredObject(
            bucket=detail["bucket"]["name"],
            key=found["key"],
            version=found.get("version-id"),
            etag=found.get("etag"),
            sequencer=found.get("sequencer"),
            size=found.get("size"),
        )
    except (KeyError, TypeError) as error:
        raise EventError(f"an EventBridge event of S3 lacks {error}") from error
    if event["detail-type"] != "Object Created":
        return Ignored(f"{event['detail-type']} is not the creation of an object", stored.path)
    if stored.key.endswith("/"):
        return Ignored("a folder, not a file", stored.path)
    return Record(event=event, object=stored, time=event.get("time"))
