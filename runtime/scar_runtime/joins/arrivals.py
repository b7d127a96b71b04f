"""A file arrives at a join: it is marked, and if it is the last one, the group is whole.

Every step writes what it would write again, so that duplicates, and whoever goes on after a death,
change nothing. The run itself is claimed as any event is (`claims`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from scar_runtime.config import Input, Join
from scar_runtime.errors import EventError, StorageError
from scar_runtime.events import Record, StoredObject
from scar_runtime.joins import marks, members, patterns
from scar_runtime.joins.marks import Mark, Member, Place
from scar_runtime.joins.tickets import Part, Share, group_name, tickets
from scar_runtime.spool import Spool

_DIGITS = 32
_LEVEL_OF_FILES = "0-"
_MOST_OTHERS = 1000
"""Marks in one folder beyond those that are expected: of files too many, and of older versions."""
_ALONE = marks.publication_by(())
"""The publication whose files are those of the root itself."""


@dataclass(frozen=True)
class Waiting:
    """A group that is not whole: how many of how many places of one folder are taken."""

    group: str
    arrived: int
    expected: int


class Arrivals:
    """The join of one function, whose input is `source`."""

    def __init__(self, function: str, source: Input, join: Join, spool: Spool) -> None:
        self._function = function
        self._source = source
        self._join = join
        self._spool = spool

    def part_of(self, stored: StoredObject, metadata: Mapping[str, str]) -> Part:
        """The place of an object that arrived. Raises `EventError` where it has none."""
        for ticket in tickets(metadata):
            part = ticket.part(self._function) if ticket.join == self._function else None
            if part:
                return part
        raise EventError(
            f"{stored.path} does not come from an execution of {self._join.of}, whose files"
            f" {self._function} joins: put files of other origin into another folder"
        )

    def arrive(self, stored: StoredObject, part: Part) -> Record | Waiting:
        """Mark the arrival of a part; gives the group's record if all is there now."""
        name = group_name(part.group)
        kind = marks.NOTHING if part.is_empty else marks.FILE
        facts = "" if part.is_empty else self._facts(stored)
        newness: tuple[str, ...] = (marks.newness(stored.sequencer),)
        shares = part.shares
        while True:
            # One of one: its mark stands in the place of the whole publication.
            while len(shares) > 1 and shares[-1].count == 1:
                newness, shares = (shares[-1].edition, *newness), shares[:-1]
            mark = Mark(str(shares[-1].slot), newness, kind, facts)
            waiting = self._take_place(part, shares, mark)
            if waiting:
                return Waiting(name, *waiting)
            if len(shares) == 1:
                return members.put(self._spool, part.root, name, self.present(part.root))
            kind, facts, newness = marks.WHOLE, "", (shares[-1].edition,)
            shares = shares[:-1]

    def arrive_by_name(self, stored: StoredObject) -> Record | Waiting:
        """The same for a file that belongs to others by its name. Raises `EventError` for a name
        that is not of the form, and for a file too many."""
        folder = f"{self._source.folder}/" if self._source.folder else ""
        found = patterns.place_of(self._join, stored.key.removeprefix(folder))
        if found is None:
            raise EventError(f"{stored.path} is not of the form by which {self._function} joins")
        root = patterns.root_of(found.group)
        expected = len(self._join.suffixes) or self._join.count
        mark = Mark(
            found.place, (marks.newness(stored.sequencer),), marks.FILE, self._facts(stored)
        )
        folder = f"{root}/{_ALONE}-0/{_LEVEL_OF_FILES}0/"
        arrived = self._put(folder, mark, expected, found.group)
        if arrived > expected:
            raise EventError(
                f"{stored.path}: the group {found.group} has {arrived} files, and {expected} make"
                " it whole"
            )
        if arrived < expected:
            return Waiting(found.group, arrived, expected)
        return members.put(self._spool, root, found.group, self.present(root))

    def present(self, root: str) -> list[Member]:
        """The files of a group that have arrived, of each the newest version."""
        return self.present_among(self._names(self._spool.key("joins", f"{root}/")))

    def present_among(self, names: Iterable[str]) -> list[Member]:
        """The same, where the names of the group's marks are known."""
        marked: dict[str, list[Mark]] = {}
        for name in names:
            publication, _, rest = name.partition("/")
            folder, _, last = rest.partition("/")
            mark = marks.read(last) if folder.startswith(_LEVEL_OF_FILES) else None
            if mark:
                marked.setdefault(publication.partition("-")[0], []).append(mark)
        return list(self._below((), marked))

    def _below(
        self, way: tuple[tuple[int, str], ...], marked: Mapping[str, Sequence[Mark]]
    ) -> Iterator[Member]:
        """The files of a publication, in the order of their places."""
        found = marks.newest(marked.get(marks.publication_by(way), ()))
        for mark in sorted(found.values(), key=lambda one: (len(one.place), one.place)):
            if mark.kind == marks.FILE:
                yield self._member(mark)
            elif mark.kind == marks.WHOLE:
                # Of publications of one file, the mark stands at the place of the first of them.
                places = (int(mark.place), *(0 for _ in mark.newness[1:]))
                further = zip(places, mark.newness, strict=True)
                yield from self._below((*way, *further), marked)

    def _take_place(
        self, part: Part, shares: Sequence[Share], mark: Mark
    ) -> tuple[int, int] | None:
        """Take the place of the last share; None if all places of its publication are taken now."""
        folder = f"{part.root}/{marks.publication(shares)}-{shares[-1].count}"
        name = group_name(part.group)
        place: Place | None = Place(shares[-1].slot, shares[-1].count)
        while place:
            arrived = self._put(f"{folder}/{place.folder}", mark, place.expected, name)
            if arrived < place.expected:
                return arrived, place.expected
            place = place.above
            mark = Mark(str(place.slot if place else 0), ("",), marks.FULL)
        return None

    def _put(self, folder: str, mark: Mark, expected: int, group: str) -> int:
        """Put a mark; how many places of the folder are taken now."""
        start = self._spool.key("joins", folder)
        self._spool.put(start + mark.name, {"group": group})
        if expected == 1:
            return 1
        # More than that are a fault of who writes them, and nobody has to read them all.
        names = islice(self._names(start), expected + _MOST_OTHERS)
        found = [one for one in map(marks.read, names) if one]
        kept = marks.newest(found)
        for old in marks.older(found, kept.values()):
            self._spool.remove(start + old.name)
        return len(kept)

    def _names(self, start: str) -> Iterator[str]:
        return (key.removeprefix(start) for key in self._spool.names(start))

    def _facts(self, stored: StoredObject) -> str:
        """What the mark of a file says of it; what a name has no room for stands in the spool."""
        member = Member(stored.key, stored.version, stored.etag, stored.size)
        facts = marks.facts_of(member)
        if len(facts) <= marks.MOST_FACTS_BYTES:
            return facts
        digest = hashlib.sha256(facts.encode()).hexdigest()[:_DIGITS]
        self._spool.put(self._spool.key("members", digest), {"member": member.document})
        return digest

    def _member(self, mark: Mark) -> Member:
        member = marks.member_in(mark.facts)
        if member is None:
            found = self._spool.get(self._spool.key("members", mark.facts))
            member = marks.member_of(found.content.get("member")) if found else None
        if member is None:
            raise StorageError(f"a mark of a file that arrived is damaged: {mark.name}")
        return member
