"""Our own events for files that are one input together (`joins`).

The function's own Lambda makes that of a group which is whole, for a job and for a redrive; the
files stand in the spool. `scar run --join` makes that of a folder, with its files.
"""

from __future__ import annotations

import re
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.fields import Fields
from scar_runtime.events.records import Folder, Group, Record, StoredObject

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
    if "files" in fields.content:
        return Record(event=event, folder=_folder(fields))
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


def _folder(fields: Fields) -> Folder:
    files = fields.content["files"]
    if not isinstance(files, list) or not files:
        raise EventError("the event of a folder names no files")
    bucket = fields.text("bucket")
    stored = tuple(_file(bucket, one) for one in files)
    return Folder(fields.text("folder"), fields.token("run") or "", stored)


def _file(bucket: str, content: object) -> StoredObject:
    if not isinstance(content, dict):
        raise EventError("a file of the event of a folder must be an object")
    fields = Fields("a file of the event of a folder", content)
    etag, size = fields.token("etag"), fields.size("size")
    return StoredObject(bucket, fields.text("key"), etag=etag, size=size)
