"""Groups of files that are not whole, as the marks in the stack's spool bucket tell.

The names of marks are the runtime's (`scar_runtime.joins.marks`); a test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from scar_constructs.operate.deployed import DeployedFunction
from scar_constructs.operate.session import Session

_SPOOL = "SCAR_SPOOL_BUCKET"
_LIST, _DONE = "=", "!"
_MARK = re.compile(r"[0-9a-f]{16}-([0-9]+)/0-[0-9]+/([^./]+)\.[^/]*")
NAMED = 20
"""Groups of one function whose names are asked for, each with a request."""


@dataclass(frozen=True)
class WaitingGroup:
    """A group that is not whole: how many of how many parts have arrived, and when the first did,
    in seconds of Unix time. `name` is None where it was not asked for."""

    name: str | None
    arrived: int
    expected: int
    begun: float


@dataclass(frozen=True)
class _Mark:
    """A mark of a group: its key, and how many parts its publication has (0: not known)."""

    key: str
    publication: str
    count: int
    place: str
    written: float


class WaitingGroups:
    """Looks for such groups of functions."""

    def __init__(self, session: Session) -> None:
        self._s3 = session.client("s3")
        self._functions = session.client("lambda")

    def of(self, function: DeployedFunction) -> tuple[WaitingGroup, ...]:
        """Those of a function that joins, in the order of their first files."""
        if function.joined_files is None:
            return ()
        settings = self._functions.get_function_configuration(FunctionName=function.name)
        bucket = settings.get("Environment", {}).get("Variables", {}).get(_SPOOL)
        if not bucket:
            return ()
        found = sorted(
            self._groups(bucket, function.name), key=lambda marks: min(one.written for one in marks)
        )
        groups: list[WaitingGroup] = []
        for marks in found:
            name = self._name(bucket, marks[0].key) if len(groups) < NAMED else None
            places = {one.place for one in marks}
            expected = marks[0].count or function.joined_files
            begun = min(one.written for one in marks)
            groups.append(WaitingGroup(name, len(places), expected, begun))
        return tuple(groups)

    def _groups(self, bucket: str, function: str) -> Iterator[list[_Mark]]:
        """The marks of each group that is not whole, those of its own publication."""
        start = f"{function}/joins/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start)
        objects: Iterator[dict[str, Any]] = (
            one for page in pages for one in page.get("Contents", ())
        )
        for _, some in groupby(objects, lambda one: _root(start, one["Key"])):
            listed = list(some)
            names = [str(one["Key"]).removeprefix(start).partition("/")[2] for one in listed]
            if any(name.startswith(_LIST) for name in names) and not any(
                name.startswith(_DONE) for name in names
            ):
                continue  # it was whole
            marks = [mark for one in listed if (mark := _mark(start, one))]
            own = [one for one in marks if one.publication == OWN_PUBLICATION]
            if own and (not own[0].count or len({one.place for one in own}) < own[0].count):
                yield own

    def _name(self, bucket: str, key: str) -> str | None:
        try:
            content = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            return str(content["group"])
        except (ValueError, LookupError, TypeError):
            return None


OWN_PUBLICATION = "4f53cda18c2baa0c"
"""The folder of a group's own parts; those of parts of parts have others."""


def _root(start: str, key: str) -> str:
    return key.removeprefix(start).partition("/")[0]


def _mark(start: str, listed: dict[str, Any]) -> _Mark | None:
    key = str(listed["Key"])
    name = key.removeprefix(start).partition("/")[2]
    found = _MARK.fullmatch(name)
    if found is None:
        return None
    return _Mark(key, name[:16], int(found[1]), found[2], listed["LastModified"].timestamp())
