"""What an event of a joined input comes to: the run of its group, or nothing but a mark."""

from __future__ import annotations

from scar_runtime.config import OWN, Input, Join
from scar_runtime.events import Record
from scar_runtime.joins.arrivals import Arrivals, Waiting
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
