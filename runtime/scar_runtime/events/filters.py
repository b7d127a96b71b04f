"""Which events of EventBridge are for the function.

A rule there matches the start of a key or its end, and a function may ask for both: what the rule
takes besides is none of the function's. S3's own notifications go by both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scar_runtime.config import OWN, Input
from scar_runtime.events import eventbridge
from scar_runtime.events.records import Entry, Ignored, Record, StoredObject

EMPTY = ".scar-empty-"
"""In the name of an object that stands for no file at all (`joins.tickets`)."""


def wanted(
    entries: Iterable[Entry], inputs: Sequence[Input], counts: bool = False
) -> Iterator[Entry]:
    """The entries; those of a bucket in which the function has inputs that do not take the object
    are ignored. So are objects that stand for no file, unless the function stands before a join or
    joins, and `counts` them."""
    for entry in entries:
        if not counts and _stands_for_nothing(entry):
            yield Ignored("it stands for no file, before a join", entry.input)
        elif isinstance(entry, Record) and _is_by_rule(entry) and not _taken(entry.object, inputs):
            yield Ignored("a file that no input of the function takes", entry.input)
        else:
            yield entry


def _stands_for_nothing(entry: Entry) -> bool:
    stored = entry.object if isinstance(entry, Record) else None
    return stored is not None and EMPTY in stored.key and stored.size == 0


def _is_by_rule(record: Record) -> bool:
    return isinstance(record.event, dict) and eventbridge.is_object_event(record.event)


def _taken(stored: StoredObject | None, inputs: Sequence[Input]) -> bool:
    if stored is None:
        return True
    here = [one for one in inputs if one.provider == OWN and one.bucket == stored.bucket]
    return not here or any(one.takes(stored.key) for one in here)
