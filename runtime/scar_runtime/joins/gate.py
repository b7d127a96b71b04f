"""What an event of a joined input comes to: the run of its group, or nothing but a mark; and what
the event of a folder comes to: the run for all its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath

from scar_runtime.config import OWN, Input, Join
from scar_runtime.errors import EventError
from scar_runtime.events import Folder, Record
from scar_runtime.joins import members
from scar_runtime.joins.arrivals import Arrivals, Waiting
from scar_runtime.joins.marks import Member
from scar_runtime.runtime import Runtime
from scar_runtime.trace import trace_of


def gather(
    runtime: Runtime, record: Record, request_id: str, source: Input, join: Join
) -> Record | Waiting:
    """The record to run: the event's own, where the input does not concern it, or that of its
    group, where it is whole. Raises `SupersededError` for an object that was replaced since."""
    stored = record.object
    if stored is None or stored.provider != OWN or stored.bucket != source.bucket:
        return record
    if not source.takes(stored.key):
        return record
    spool, _, _ = runtime.stored
    arrivals = Arrivals(runtime.config.name, source, join, spool)
    if join.of is None:
        return arrivals.arrive_by_name(stored)
    metadata = runtime.storage.metadata(stored)
    runtime.log.trace_id = trace_of(metadata, stored, request_id)
    return arrivals.arrive(stored, arrivals.part_of(stored, metadata))


def whole_folder(runtime: Runtime, folder: Folder) -> Record:
    """The record of the run for those files of a folder that inputs of the function take: its role
    may read no others. Raises `EventError` where there are none."""
    inputs = [one for one in runtime.config.inputs if one.provider == OWN]
    taken = [
        file
        for file in folder.files
        if any(one.bucket == file.bucket and one.takes(file.key) for one in inputs)
    ]
    if not taken:
        raise EventError(f"no input of the function takes a file of {folder.name}")
    bucket = taken[0].bucket
    identity = json.dumps(["folder", bucket, folder.name, folder.run]).encode()
    root = hashlib.sha256(identity).hexdigest()[: members.DIGITS]
    spool, _, _ = runtime.stored
    found = [Member(one.key, one.version, one.etag, one.size) for one in taken]
    return members.put(spool, root, PurePosixPath(folder.name).name or bucket, found, bucket)
