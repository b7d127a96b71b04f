"""A review as sections of items, which text and Markdown show each in their way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from scar_constructs.estimate.document import money
from scar_constructs.review.compare import Review
from scar_constructs.review.cost import CostChange, Usd
from scar_constructs.review.functions import Change, FunctionChange, KeyChange
from scar_constructs.review.losses import Loss, Severity
from scar_constructs.review.rights import Right, RoleChange
from scar_constructs.review.sides import Place


class Tone(StrEnum):
    """How an item is to be read; the value is its symbol."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    DANGER = "!"
    NOTE = "."


_TONES = {
    Change.ADDED: Tone.ADDED,
    Change.REMOVED: Tone.REMOVED,
    Change.RENAMED: Tone.CHANGED,
    Change.CHANGED: Tone.CHANGED,
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """`lines`: more of it, in words; `code`: what is to be shown as it is, such as a diff."""

    tone: Tone
    text: str
    at: Place | None = None
    lines: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """Items under a title; a section without items is not shown."""

    title: str
    items: tuple[Item, ...]


def outline(review: Review) -> tuple[Section, ...]:
    """All that there is to say, in the order in which it is read."""
    found = (
        Section(title="stacks", items=tuple(_stacks(review))),
        Section(title="functions", items=tuple(map(_function, review.functions))),
        Section(title="flow of files", items=tuple(_edges(review))),
        Section(title="rights", items=tuple(_rights(review))),
        Section(title="what is replaced, removed or lost", items=tuple(map(_loss, review.losses))),
        Section(title="quotas", items=tuple(_quotas(review))),
        Section(title="cost", items=tuple(_cost(review.cost))),
        Section(title="new warnings", items=tuple(_warnings(review))),
    )
    return tuple(one for one in found if one.items)


def summary(review: Review) -> str:
    """One sentence."""
    if review.is_empty:
        return "no change"
    found = [
        _counted(review.count(change), "function", change.value)
        for change in Change
        if review.count(change)
    ]
    gains = sum(one.is_gain for one in review.roles)
    found += [f"{_plural(gains, 'role')} may do more"] if gains else []
    found += [f"{name} may be called by {callers}" for name, callers in review.opened]
    for severity, words in ((Severity.REFUSED, "refused"), (Severity.LOST, "lost or replaced")):
        count = sum(one.severity is severity for one in review.losses)
        found += [f"{_plural(count, 'thing')} {words}"] if count else []
    return "; ".join(found) or "small changes"


def _plural(count: int, thing: str) -> str:
    return f"{count} {thing}" + "s" * (count != 1)


def _counted(count: int, thing: str, what: str) -> str:
    return f"{_plural(count, thing)} {what}"


def _stacks(review: Review) -> Iterator[Item]:
    for one in review.stacks:
        text = one.name if one.change is Change.CHANGED else f"{one.name} {one.change.value}"
        lines = (*([one.about] if one.about else []), *map(_key, one.keys))
        yield Item(tone=_TONES[one.change], text=text, at=one.at, lines=lines)


def _function(one: FunctionChange) -> Item:
    text = {
        Change.ADDED: f"{one.name} added to {one.stack}",
        Change.REMOVED: f"{one.name} removed from {one.stack}",
        Change.RENAMED: f"{one.name} was {one.former}, as it seems: {one.same}",
        Change.CHANGED: one.name,
    }[one.change]
    script = "the script:" if one.change is Change.ADDED else "the script changed:"
    lines = (*map(_key, one.keys), *([script] if one.script else []))
    return Item(tone=_TONES[one.change], text=text, at=one.at, lines=lines, code=one.script)


def _key(one: KeyChange) -> str:
    change = f"{one.before} -> {one.after}" if one.before else one.after
    return f"{one.key}: {change}  ({one.at})"


def _edges(review: Review) -> Iterator[Item]:
    for one in review.edges:
        yield Item(tone=_TONES[one.change], text=f"{one.function} {one.text}", at=one.at)


def _rights(review: Review) -> Iterator[Item]:
    for name, callers in review.opened:
        yield Item(tone=Tone.DANGER, text=f"{name}: {callers} may start it")
    for one in review.roles:
        yield from _role(one)


def _role(one: RoleChange) -> Iterator[Item]:
    name = f"{one.owner} ({one.role} role)"
    if one.replaced:
        yield Item(tone=Tone.DANGER, text=f"{name}: {one.replaced}")
    elif one.change is Change.RENAMED:
        more = ", and more:" if one.beyond else ""
        text = f"{name} has what {one.former} had, under its own name{more}"
        tone = Tone.DANGER if one.beyond else Tone.CHANGED
        yield _granted(tone, text, one.beyond)
    elif one.change is Change.REMOVED:
        yield Item(tone=Tone.REMOVED, text=f"{name} is removed")
    else:
        if one.gained:
            tone = Tone.DANGER if one.change is Change.CHANGED else Tone.ADDED
            word = "may now" if one.change is Change.CHANGED else "is new, and may"
            yield _granted(tone, f"{name} {word}", one.gained)
        if one.lost:
            yield _granted(Tone.REMOVED, f"{name} may no longer", one.lost)


def _granted(tone: Tone, text: str, rights: Iterable[Right]) -> Item:
    found = list(rights)
    return Item(
        tone=tone,
        text=text,
        lines=tuple(one.words for one in found),
        code=tuple(one.statement for one in found),
    )


def _loss(one: Loss) -> Item:
    what = {Severity.REFUSED: "the deployment is refused: "}.get(one.severity, "")
    lines = [one.why] + ([f"instead: {one.instead}"] if one.instead else [])
    tone = Tone.DANGER if one.is_danger else Tone.NOTE
    return Item(tone=tone, text=f"{one.subject}: {what}{one.what}", lines=tuple(lines))


def _quotas(review: Review) -> Iterator[Item]:
    for one in review.quotas:
        beyond = one.after > one.limit
        text = f"{one.what}: {one.before} -> {one.after} of {one.limit:,} in {one.region}"
        yield Item(tone=Tone.DANGER if beyond else Tone.NOTE, text=text)


def _cost(cost: CostChange) -> Iterator[Item]:
    if not cost.is_changed:
        return
    for title, usd in (
        (f"a thousand files ({cost.assumed})", cost.per_thousand),
        ("a month in which nothing runs", cost.at_rest),
    ):
        if usd.is_changed:
            yield Item(tone=_money_tone(usd), text=f"{title}: {_usd(usd)}")
    if cost.functions:
        lines = tuple(f"{name}: {_usd(usd)}" for name, usd in cost.functions)
        yield Item(tone=Tone.NOTE, text="a thousand runs of", lines=lines)


def _money_tone(usd: Usd) -> Tone:
    return Tone.CHANGED if usd.is_more else Tone.NOTE


def _usd(usd: Usd) -> str:
    return f"USD {money(usd.before)} -> {money(usd.after)}"


def _warnings(review: Review) -> Iterator[Item]:
    for one in review.warnings:
        yield Item(
            tone=Tone.DANGER,
            text=f"{one.path}: {one.message}" if one.path else one.message,
            at=Place(one.file, one.line),
            lines=(one.fix,),
        )
