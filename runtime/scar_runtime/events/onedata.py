"""Onedata's events, as the program OneTrigger sends them.

`{"Key": "/SPACE/FOLDER/FILE", "Records": [{"objectKey": "FILE", "objectId": "...",
"eventTime": "...", "eventSource": "OneTrigger"}]}`: the key stands beside the one record.
"""

from __future__ import annotations

from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.fields import Fields, shown
from scar_runtime.events.records import Record, StoredObject

SOURCE = "OneTrigger"
PROVIDER = "onedata"


def is_event(event: dict[str, Any]) -> bool:
    records = event.get("Records")
    if not isinstance(records, list) or len(records) != 1 or not isinstance(records[0], dict):
        return False
    return records[0].get("eventSource") == SOURCE


def record(event: dict[str, Any]) -> Record:
    """The one file of the event. Its folder's first part stands for the bucket; the space is the
    provider's own."""
    [entry] = event["Records"]
    fields = Fields("an event of Onedata", event)
    key = fields.text("Key")
    _, _, path = key.strip("/").partition("/")
    bucket, _, name = path.partition("/")
    if not name:
        raise EventError(
            f"the Key of an event of Onedata must be /SPACE/FOLDER/FILE, got {shown(key)}"
        )
    entry = Fields("an event of Onedata", entry)
    time = entry.token("eventTime")
    stored = StoredObject(bucket, name, PROVIDER, etag=entry.token("objectId"), sequencer=time)
    return Record(event=event, object=stored, time=time)
