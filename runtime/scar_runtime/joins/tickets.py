"""The place of a file among all that comes of one execution, as its metadata carries it.

An execution of the function that a join names (`of`) makes files; functions between make files of
these. So everything that comes of the execution is a tree: each file is one of so many of the
execution that made it. A ticket is the way from the root of that tree to one file:

    scar-joins: JOIN:ROOT:GROUP:SLOT.COUNT[.EDITION]/.../FUNCTION=SLOT+FUNCTION=SLOT.COUNT[.EDITION]

with "," between tickets for several joins. The last step names the functions that take the file,
each with a place of its own. EDITION tells apart what one execution published at two times. A "!"
at the end says that the execution made nothing for the join, and this object stands for that.

It is data: whoever may write an object writes its metadata. Nothing here is trusted but as numbers
and names within bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from scar_runtime.outputs import JOINS

MOST_BYTES = 1200
"""Of the metadata's 2 KB; the rest is taken by the other facts."""
MOST_PARTS = 1_000_000
MOST_STEPS = 10
"""Functions on the way; the names of marks have room for so many (`marks`)."""
GROUP_BYTES = 200
_NAME = r"[A-Za-z0-9_-]{1,64}"
_EDITION = r"[0-9a-f]{11}-[0-9a-f]{8}"
_SHARE = re.compile(rf"([0-9]{{1,7}})\.([0-9]{{1,7}})(?:\.({_EDITION}))?")
_LAST = re.compile(
    rf"({_NAME}=[0-9]{{1,7}}(?:\+{_NAME}=[0-9]{{1,7}})*)\.([0-9]{{1,7}})(?:\.({_EDITION}))?(!?)"
)
_TICKET = re.compile(rf"({_NAME}):([0-9a-f]{{32}}):([A-Za-z0-9_.~%-]{{1,{GROUP_BYTES}}}):(.+)")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f/]")


@dataclass(frozen=True)
class Share:
    """File number `slot`, from 0, of the `count` files that one publication of an execution made
    for the join; `edition` names the publication, and is empty for that of the root."""

    slot: int
    count: int
    edition: str = ""

    @property
    def text(self) -> str:
        return f"{self.slot}.{self.count}" + f".{self.edition}" * bool(self.edition)


@dataclass(frozen=True)
class Part:
    """A file's place for the one function that takes it. `root` names the execution that is joined,
    `group` is what people call it."""

    join: str
    root: str
    group: str
    shares: tuple[Share, ...]
    is_empty: bool = False


@dataclass(frozen=True)
class Ticket:
    """The places of one file: function -> its place, among those of the execution that made it."""

    join: str
    root: str
    group: str
    above: tuple[Share, ...]
    slots: Mapping[str, int]
    count: int
    edition: str = ""
    is_empty: bool = False

    def part(self, function: str) -> Part | None:
        """The file's place for this function; None if the file is not for it."""
        if function not in self.slots:
            return None
        share = Share(self.slots[function], self.count, self.edition)
        return Part(self.join, self.root, self.group, (*self.above, share), self.is_empty)

    @property
    def text(self) -> str:
        takers = "+".join(f"{name}={slot}" for name, slot in sorted(self.slots.items()))
        last = Share(0, self.count, self.edition).text.removeprefix("0")
        way = "/".join([*(share.text for share in self.above), f"{takers}{last}"])
        return f"{self.join}:{self.root}:{self.group}:{way}" + "!" * self.is_empty


def group_text(name: str) -> str:
    """A group's name as a ticket has it: no longer than a ticket may have it, and one name, which
    never leads anywhere as a part of a key."""
    plain = _plain(name)
    while len(quoted := quote(plain, safe="")) > GROUP_BYTES:
        plain = plain[:-1]
    return quoted


def group_name(text: str) -> str:
    """The group's name itself. Of a forged text what no name has is replaced."""
    return _plain(unquote(text))


def _plain(name: str) -> str:
    plain = _UNFIT.sub("\ufffd", name)
    return "-" if plain in ("", ".", "..") else plain


def tickets(metadata: Mapping[str, str]) -> tuple[Ticket, ...]:
    """The sound tickets of an object."""
    text = metadata.get(JOINS, "")
    if len(text) > MOST_BYTES or not text.isascii():
        return ()
    return tuple(_tickets(text))


def _tickets(text: str) -> Iterator[Ticket]:
    for one in text.split(","):
        found = _TICKET.fullmatch(one)
        if found is None:
            continue
        *above, last = found[4].split("/")
        shares = [_SHARE.fullmatch(share) for share in above]
        end = _LAST.fullmatch(last)
        if end is None or len(shares) >= MOST_STEPS:
            continue
        way = tuple(Share(int(s[1]), int(s[2]), s[3] or "") for s in shares if s)
        slots = {name: int(slot) for name, slot in (pair.split("=") for pair in end[1].split("+"))}
        ticket = Ticket(
            found[1], found[2], found[3], way, slots, int(end[2]), end[3] or "", bool(end[4])
        )
        if len(way) == len(shares) and _is_sound(ticket):
            yield ticket


def _is_sound(ticket: Ticket) -> bool:
    shares = [*ticket.above, *(Share(slot, ticket.count) for slot in ticket.slots.values())]
    editions = [*(share.edition for share in ticket.above), ticket.edition]
    return (
        all(share.slot < share.count <= MOST_PARTS for share in shares)
        and not editions[0]
        and all(editions[1:])
    )
