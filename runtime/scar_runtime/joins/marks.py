"""Who has arrived, told by the names of small objects in the function's own part of the spool.

For each file that arrives there is one mark, whose name has all that counts: the file's place, how
new it is, and the file itself. Marks of an execution's files lie in folders of a hundred. Who puts
the last mark into a folder finds it full, and puts a mark for the folder into the one above; so
nothing is ever counted, nothing is listed but a hundred names, and whatever is done twice writes
the same again. Lists of S3 are strongly consistent: of two who come last, one at least sees both.

    FUNCTION/joins/ROOT/PUBLICATION-COUNT/LEVEL-NUMBER/PLACE.NEWNESS.KIND[.FACTS]

COUNT is how many places a publication has; 0 where the function's configuration says it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from scar_runtime.joins.tickets import Share

RADIX = 100
FILE, NOTHING, WHOLE, FULL = "f", "e", "n", "u"
"""A mark stands for a file, for nothing, for a publication that is whole, or for a full folder."""
MOST_FACTS_BYTES = 600
"""Of S3's 1,024 for a key; what comes before may take the rest."""
_MARK = re.compile(r"([0-9]{1,7}|[0-9a-f]{32})\.([0-9a-f_-]*)\.([fenu])(?:\.([A-Za-z0-9_-]*))?")
NEWNESS_DIGITS = 32
_HEX = re.compile(r"[0-9a-fA-F]{1,32}")


@dataclass(frozen=True)
class Mark:
    """One mark. `place` is a slot, or the digest of a file's name where places have no numbers.
    `facts` are those of a file; empty where they stand in the mark's content."""

    place: str
    newness: tuple[str, ...]
    kind: str
    facts: str = ""

    @property
    def name(self) -> str:
        text = f"{self.place}.{'_'.join(self.newness)}.{self.kind}"
        return f"{text}.{self.facts}" if self.kind == FILE else text


def read(name: str) -> Mark | None:
    """The mark of this name; None for what is no mark."""
    found = _MARK.fullmatch(name)
    if found is None:
        return None
    return Mark(found[1], tuple(found[2].split("_")), found[3], found[4] or "")


def newness(sequencer: str | None) -> str:
    """A text that is larger for a newer version of an object. S3's sequencers are compared after
    zeros were added at the right of the shorter one.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    found = _HEX.fullmatch(sequencer or "")
    return (found[0].lower() if found else "").ljust(NEWNESS_DIGITS, "0")


@dataclass(frozen=True)
class Member:
    """A file of a group: its key, and which version of it."""

    key: str
    version: str | None
    etag: str | None
    size: int | None

    @property
    def document(self) -> list[str | int | None]:
        return [self.key, self.version, self.etag, self.size]


def facts_of(member: Member) -> str:
    text = json.dumps(member.document, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def member_of(document: object) -> Member | None:
    """The file that a mark or a list names; None for what is none of ours."""
    if not isinstance(document, list) or len(document) != 4:
        return None
    key, version, etag, size = document
    texts = (
        isinstance(key, str) and isinstance(version, str | None) and isinstance(etag, str | None)
    )
    return Member(key, version, etag, size) if texts and isinstance(size, int | None) else None


def member_in(facts: str) -> Member | None:
    try:
        return member_of(json.loads(base64.urlsafe_b64decode(facts + "=" * (-len(facts) % 4))))
    except ValueError:
        return None


def publication(shares: Iterable[Share]) -> str:
    """What tells the publication that made the last share from others below the same root."""
    way = [(above.slot, below.edition) for above, below in pairwise(shares)]
    return publication_by(way)


def publication_by(way: Iterable[tuple[int, str]]) -> str:
    """The same by the places above it, each with the edition of what was made of its file."""
    return hashlib.sha256(json.dumps([*way]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Place:
    """A place among `count`, at a level of the folders of one publication."""

    slot: int
    count: int
    level: int = 0

    @property
    def folder(self) -> str:
        return f"{self.level}-{self.slot // RADIX}/"

    @property
    def expected(self) -> int:
        """How many places its folder has."""
        begin = self.slot - self.slot % RADIX
        return min(RADIX, self.count - begin)

    @property
    def above(self) -> Place | None:
        """The place of its folder, where there are several."""
        if self.count <= RADIX:
            return None
        return Place(self.slot // RADIX, -(-self.count // RADIX), self.level + 1)


def newest(marks: Iterable[Mark]) -> dict[str, Mark]:
    """For each place the newest of its marks."""
    found: dict[str, Mark] = {}
    for mark in marks:
        other = found.get(mark.place)
        if other is None or (mark.newness, mark.name) > (other.newness, other.name):
            found[mark.place] = mark
    return found


@dataclass(frozen=True)
class Progress:
    """The places of a group's own publication that are taken, of how many (0: not known here)."""

    places: frozenset[str]
    expected: int


def progress(names: Iterable[str]) -> Progress:
    """How far a group has come, by the names of its marks below its root."""
    start = f"{publication_by(())}-"
    counts: dict[str, set[str]] = {}
    for name in names:
        publication, _, rest = name.partition("/")
        folder, _, last = rest.partition("/")
        mark = read(last)
        if publication.startswith(start) and folder.startswith("0-") and mark:
            counts.setdefault(publication.removeprefix(start), set()).add(mark.place)
    count, places = max(counts.items(), key=lambda one: len(one[1]), default=("0", set[str]()))
    return Progress(frozenset(places), int(count) if count.isdecimal() else 0)


def older(marks: Iterable[Mark], kept: Iterable[Mark]) -> Iterator[Mark]:
    """Those in whose place there is a newer one."""
    names = {mark.name for mark in kept}
    return (mark for mark in marks if mark.name not in names)
