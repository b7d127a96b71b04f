"""Events that a storage provider sends to the function's HTTPS endpoint, such as MinIO's webhooks.

The body of a request is data for the script, and it stays so: only a body that tells of files
under an input of the function at a provider of the user's is taken for the event that it is. It
chooses a file there, as it could by being sent through any other way, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scar_runtime.config import OWN, Input
from scar_runtime.errors import EventError
from scar_runtime.events import gateway, onedata
from scar_runtime.events.parse import parse
from scar_runtime.events.records import Entry, Payload, Refused

SOURCES = ("minio:s3", onedata.SOURCE)


def received(event: Any, inputs: Sequence[Input]) -> list[Entry]:
    """All records of an event that came to the function, those of a webhook among them."""
    if not gateway.is_request(event):
        return list(parse(event))
    try:
        request = gateway.record(event)
    except EventError as fault:
        return [Refused(fault)]
    awaited = [one for one in inputs if one.provider != OWN]
    found = _of_provider(request.payload, awaited) if awaited and request.payload else []
    return found or [request]


def _of_provider(payload: Payload, awaited: Sequence[Input]) -> list[Entry]:
    """The records of a provider's event; none if the body is anything else."""
    try:
        inner = json.loads(payload.content)
    except (ValueError, RecursionError):
        return []
    found = list(parse(inner)) if _is_of_provider(inner) else []
    return found if all(_is_under(entry.input, awaited) for entry in found) else []


def _is_of_provider(inner: Any) -> bool:
    records = inner.get("Records") if isinstance(inner, dict) else None
    if not isinstance(records, list) or not records:
        return False
    return all(isinstance(one, dict) and one.get("eventSource") in SOURCES for one in records)


def _is_under(path: str | None, inputs: Sequence[Input]) -> bool:
    folders = (f"{one.bucket}/{one.folder}".rstrip("/") + "/" for one in inputs)
    return path is not None and path.startswith(tuple(folders))
