"""Groups that are not whole after the time that their join gives them.

A schedule of EventBridge has the function look for them. What is done about a group is done once
for the files that are there: a name in the spool says which request did it, so that a retry of that
request does it again, and another one does not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from scar_runtime.config import Input, Join
from scar_runtime.errors import EventError
from scar_runtime.events import Entry, Refused
from scar_runtime.joins import marks, members
from scar_runtime.joins.arrivals import Arrivals
from scar_runtime.spool import Spool

_SHOWN = 10
_LIST, _DONE = "=", "!"


@dataclass(frozen=True)
class _Group:
    """The names of a group's marks, and when the first was put, in seconds of Unix time."""

    root: str
    names: Sequence[str]
    begun: float


class Overdue:
    """Looks for such groups of one function."""

    def __init__(
        self,
        function: str,
        source: Input,
        join: Join,
        spool: Spool,
    ) -> None:
        self._join = join
        self._spool = spool
        self._arrivals = Arrivals(function, source, join, spool)

    def entries(self, request: str) -> Iterator[Entry]:
        """For each overdue group its record, or a fault; `request` does it."""
        limit = self._join.after_seconds
        mine = hashlib.sha256(request.encode()).hexdigest()[:16]
        for group in self._groups():
            if limit is None or time.time() - group.begun < limit:
                continue
            lists = any(name.startswith(_LIST) for name in group.names)
            if lists and not any(name.startswith(_DONE) for name in group.names):
                continue  # it was whole
            present = self._arrivals.present_among(group.names)
            digest = members.digest_of(present)
            done = f"{_DONE}{digest}-"
            by = {name.removeprefix(done) for name in group.names if name.startswith(done)}
            if by - {mine} or (not by and f"{_LIST}{digest}" in group.names):
                continue  # another request has seen to it, or it is whole by now
            self._spool.put(self._spool.key("joins", f"{group.root}/{done}{mine}"), {})
            name = self._name(group)
            if self._join.then == "run":
                yield members.put(self._spool, group.root, name, present)
            else:
                yield Refused(EventError(self._text(group, name)))

    def _groups(self) -> Iterator[_Group]:
        start = self._spool.key("joins", "")
        listed = ((key.removeprefix(start), at) for key, at in self._spool.listed(start))
        for root, pairs in groupby(listed, lambda pair: pair[0].partition("/")[0]):
            found = [(name.partition("/")[2], at) for name, at in pairs]
            times = [at for name, at in found if not name.startswith((_LIST, _DONE))]
            if times:
                begun = min(datetime.fromisoformat(at).timestamp() for at in times)
                yield _Group(root, [name for name, _ in found], begun)

    def _name(self, group: _Group) -> str:
        """What people call the group: each of its marks says so."""
        first = next(name for name in group.names if not name.startswith((_LIST, _DONE)))
        found = self._spool.get(self._spool.key("joins", f"{group.root}/{first}"))
        return str(found.content.get("group")) if found else group.root

    def _text(self, group: _Group, name: str) -> str:
        """What is missing, in words."""
        progress = marks.progress(group.names)
        join = self._join
        expected = progress.expected or len(join.suffixes) or join.count
        places = range(expected) if join.of or join.suffixes else range(0)
        missing = [one for one in places if str(one) not in progress.places]
        words = [join.suffixes[one] if join.suffixes else str(one) for one in missing]
        more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
        lacking = f"; missing are {', '.join(words[:_SHOWN])}{more}" if words else ""
        return (
            f"the group {name} is not whole after {join.after_seconds} seconds:"
            f" {len(progress.places)} of {expected} have arrived{lacking}"
        )
