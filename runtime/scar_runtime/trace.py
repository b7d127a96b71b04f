"""The id that everything which came of one upload has in common.

An upload that no function made begins a trace, whose id is made from the object itself: all that
start from it, and `scar trace`, find the same one without asking each other. A function's outputs
carry the id on in their metadata, and every log line has it. It joins log lines and grants nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from scar_runtime.events import StoredObject

TRACE = "scar-trace"
"""The name among an object's metadata."""
_ID = re.compile(r"[0-9a-f]{32}")
_UNVERSIONED = "null"
"""S3's name for the version of an object in a bucket that has none."""


def trace_of(metadata: Mapping[str, str], stored: StoredObject | None, request_id: str) -> str:
    """The trace of an input with this metadata, or of a request without an object."""
    if _ID.fullmatch(metadata.get(TRACE, "")):
        return metadata[TRACE]
    if stored is None:
        return new_trace("request", request_id)
    version = stored.version if stored.version != _UNVERSIONED else None
    return new_trace(stored.bucket, stored.key, version or (stored.etag or "").strip('"'))


def new_trace(*identity: str) -> str:
    """The id of what has this identity: bucket, key, and version or ETag; or a request."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
