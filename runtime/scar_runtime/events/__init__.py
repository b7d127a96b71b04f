"""Events of all sources, as records of one form. One module per source."""

from scar_runtime.events.parse import parse
from scar_runtime.events.records import Http, Ignored, Payload, Record, StoredObject

__all__ = ["Http", "Ignored", "Payload", "Record", "StoredObject", "parse"]
