"""A review for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.review.compare import Review
from scar_constructs.review.outline import Item, Tone, outline, summary
from scar_constructs.terminal import visible

_COLOURS = {
    Tone.ADDED: "\x1b[32m",
    Tone.REMOVED: "\x1b[31m",
    Tone.CHANGED: "\x1b[33m",
    Tone.DANGER: "\x1b[1;31m",
    Tone.NOTE: "\x1b[2m",
}
_OF_DIFF = {"+": _COLOURS[Tone.ADDED], "-": _COLOURS[Tone.REMOVED]}
_RESET, _BOLD = "\x1b[0m", "\x1b[1m"


def text(review: Review, *, is_coloured: bool = False) -> str:
    """Sections and their items, with what there is to say of each. Control characters are shown."""
    return "\n".join(_lines(review, is_coloured)) + "\n"


def _lines(review: Review, is_coloured: bool) -> Iterator[str]:
    title = f"{review.before} -> {review.after}: {summary(review)}"
    yield _in(_BOLD, visible(title), is_coloured)
    for section in outline(review):
        yield ""
        yield _in(_BOLD, section.title, is_coloured)
        for item in section.items:
            yield from _item(item, is_coloured)


def _item(item: Item, is_coloured: bool) -> Iterator[str]:
    at = f"  ({item.at})" if item.at else ""
    colour = _COLOURS[item.tone]
    yield f"  {_in(colour, f'{item.tone.value} {visible(item.text)}', is_coloured)}{visible(at)}"
    for line in item.lines:
        yield f"      {visible(line)}"
    for line in item.code:
        yield f"        {_in(_OF_DIFF.get(line[:1], ''), visible(line), is_coloured)}"


def _in(colour: str, shown: str, is_coloured: bool) -> str:
    return f"{colour}{shown}{_RESET}" if is_coloured and colour else shown
