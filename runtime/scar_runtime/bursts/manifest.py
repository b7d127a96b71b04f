"""The events of one array job, in one object of which each job reads its own part.

First a table with one row for each event: where its document begins, how long it is, and its
CRC-32. Then the documents, JSON, a line each. So a job reads two small parts, however many events
there are; SubmitJob brings the same overrides to all jobs of an array, so it cannot tell them
apart: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from scar_runtime.aws.errors import UnreadableError
from scar_runtime.errors import EventError
from scar_runtime.spool import Spool

KIND = "bursts"
"""The folder of manifests, in the function's part of the spool."""
ROW_BYTES = 31
_ROW = re.compile(rb"([0-9]{12}) ([0-9]{8}) ([0-9a-f]{8})\n")


def line_of(document: Mapping[str, Any]) -> bytes:
    """A document as it stands in a manifest. Raises `EventError`."""
    try:
        return json.dumps(document, sort_keys=True).encode("ascii") + b"\n"
    except RecursionError as error:
        raise EventError("the event is nested too deeply for a job") from error


def rendered(lines: Sequence[bytes]) -> bytes:
    """The manifest of these documents, as `line_of` gives them: same in, same out."""
    begin = ROW_BYTES * len(lines)
    table = bytearray()
    for line in lines:
        table += b"%012d %08d %08x\n" % (begin, len(line), zlib.crc32(line))
        begin += len(line)
    return bytes(table) + b"".join(lines)


def read_document(spool: Spool, key: str, index: int) -> dict[str, Any] | None:
    """Document number `index`, from 0; None if there is no such manifest. Raises `StorageError`."""
    row = spool.get_part(key, index * ROW_BYTES, ROW_BYTES, _row)
    if row is None:
        return None
    begin, size, checksum = row

    def document(content: bytes) -> dict[str, Any]:
        if zlib.crc32(content) != checksum:
            raise UnreadableError("a part of a manifest with another checksum than its table says")
        found = json.loads(content)
        if not isinstance(found, dict):
            raise ValueError("it is no document of ours")
        return found

    return spool.get_part(key, begin, size, document)


def _row(content: bytes) -> tuple[int, int, int]:
    found = _ROW.fullmatch(content)
    if found is None:
        raise UnreadableError("the table of a manifest without the row that was asked for")
    return int(found[1]), int(found[2]), int(found[3], 16)
