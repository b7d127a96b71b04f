"""The list of a group's files, which the spool keeps for the run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scar_runtime.errors import EventError
from scar_runtime.events import Group, Record, StoredObject, joined
from scar_runtime.joins.marks import Member, member_of
from scar_runtime.spool import Spool

DIGITS = 32


def digest_of(members: Iterable[Member]) -> str:
    """The same for the same versions of the same files."""
    text = json.dumps([one.document for one in members])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True)
class Listing:
    """The files of a group. `is_of_folder`: they were asked for, and did not arrive one by one."""

    objects: list[StoredObject]
    is_of_folder: bool


def put(
    spool: Spool, root: str, name: str, members: Sequence[Member], bucket: str | None = None
) -> Record:
    """Write the list; gives the record of the run for it. `bucket`: of the files of a folder; those
    that arrive are in that of the input which joins them."""
    size = sum(one.size or 0 for one in members)
    group = Group(name, root, digest_of(members), len(members), size)
    documents = [one.document for one in members]
    of_folder = {"bucket": bucket} if bucket is not None else {}
    spool.put(_key(spool, group), {"group": name, "members": documents, **of_folder})
    return joined.of(group)


def listing(spool: Spool, group: Group, joined_bucket: str | None) -> Listing:
    """The files of a group; `joined_bucket`: of the input that joins files, if there is one.

    Raises `EventError` where the list is not there, or is none of ours.
    """
    key = _key(spool, group)
    found = spool.get(key)
    if found is None:
        raise EventError(f"the list of the files of {group.name} is not in the spool (expired?)")
    members = found.content.get("members")
    read = [member_of(one) for one in members] if isinstance(members, list) else []
    sound = [one for one in read if one is not None]
    if not isinstance(members, list) or len(sound) < len(read) or digest_of(sound) != group.members:
        raise EventError(f"the list of the files of {group.name} is damaged: {key}")
    bucket = found.content.get("bucket", joined_bucket)
    if not isinstance(bucket, str):
        raise EventError("the function joins no files")
    objects = [
        StoredObject(bucket, one.key, version=one.version, etag=one.etag, size=one.size)
        for one in sound
    ]
    return Listing(objects, "bucket" in found.content)


def _key(spool: Spool, group: Group) -> str:
    """Among the group's marks, where whoever lists these finds it."""
    return spool.key("joins", f"{group.root}/={group.members}")
