"""Our own event for a group of files that is whole (`joins`).

The function's own Lambda makes it, for a job and for a redrive; the files stand in the spool.
"""

from __future__ import annotations

import re
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.fields import Fields
from scar_runtime.events.records import Group, Record

JOIN = "scar_join"
_ID = re.compile("[0-9a-f]{32}")


OVERDUE = "overdue"
"""In place of a group: look for those that are not whole in time (`joins.overdue`)."""


def is_group(event: dict[str, Any]) -> bool:
    return event.keys() == {JOIN}


def record(event: dict[str, Any]) -> Record:
    """Raises `EventError`."""
    if event[JOIN] == OVERDUE:
        return Record(event=event, looks_for_overdue=True)
    fields = Fields("the event of a group", event).part(JOIN)
    root, members = fields.text("root"), fields.text("members")
    if not _ID.fullmatch(root) or not _ID.fullmatch(members):
        raise EventError("the event of a group names no group")
    count, size = fields.size("count") or 0, fields.size("size")
    group = Group(fields.text("group"), root, members, count, size)
    return Record(event=event, group=group)


def of(group: Group) -> Record:
    """The record of a group."""
    told = {"group": group.name, "root": group.root, "members": group.members}
    return Record(event={JOIN: {**told, "count": group.count, "size": group.size}}, group=group)
