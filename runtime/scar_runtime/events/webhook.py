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

SOURCES = ("minio:s3", onedata.SOURCE)


def unwrapped(event: Any, inputs: Sequence[Input]) -> Any:
    """The provider's event in the request, or else `event` as it is."""
    awaited = [one for one in inputs if one.provider != OWN]
    if not awaited or not isinstance(event, dict) or not gateway.is_request(event):
        return event
    payload = gateway.record(event).payload
    try:
        inner = json.loads(payload.content) if payload else None
        if _is_of_provider(inner) and all(
            _is_under(entry.input, awaited) for entry in parse(inner)
        ):
            return inner
    except (ValueError, EventError):
        pass  # no event: data for the script
    return event


def _is_of_provider(inner: Any) -> bool:
    records = inner.get("Records") if isinstance(inner, dict) else None
    if not isinstance(records, list) or not records:
        return False
    return all(isinstance(one, dict) and one.get("eventSource") in SOURCES for one in records)


def _is_under(path: str | None, inputs: Sequence[Input]) -> bool:
    folders = (f"{one.bucket}/{one.folder}".rstrip("/") + "/" for one in inputs)
    return path is not None and path.startswith(tuple(folders))
