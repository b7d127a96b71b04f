"""Events of all sources, as records of one form. One module per source."""

from scar_runtime.events.parse import parse
from scar_runtime.events.records import (
    Entry,
    Folder,
    Group,
    Http,
    Ignored,
    Payload,
    Record,
    Refused,
    StoredObject,
)

__all__ = [
    "Entry",
    "Folder",
    "Group",
    "Http",
    "Ignored",
    "Payload",
    "Record",
    "Refused",
    "StoredObject",
    "parse",
]
