"""A review as Markdown: the comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from scar_constructs.review.compare import Review
from scar_constructs.review.outline import Item, Section, Tone, outline, summary
from scar_constructs.review.picture.markdown import cell
from scar_constructs.terminal import visible

MARKER = "<!-- scar review -->"
"""The first line, by which a workflow finds its comment again."""
MOST_CHARACTERS = 60_000
"""Of a comment; GitHub takes 65,536."""
_SIGNS = {
    Tone.ADDED: "🟢",
    Tone.REMOVED: "🔴",
    Tone.CHANGED: "🟡",
    Tone.DANGER: "⚠️",
    Tone.NOTE: "▫️",
}
_TICKS = re.compile("`+")
_LEFT_OUT = "left out, for the length: `scar review` shows all"


def page(review: Review, mermaid: str = "", limit: int = MOST_CHARACTERS) -> str:
    """The page. `mermaid`: the picture of both versions.

    What is longer than `limit` characters loses first the picture, then diffs and statements, then
    items without danger; what is dangerous stays as long as there is room at all.
    """
    sections = outline(review)
    shorter: Sequence[Callable[[], str]] = (
        lambda: _page(review, sections, mermaid),
        lambda: _page(review, sections, ""),
        lambda: _page(review, _without_code(sections), "", f"diffs and statements {_LEFT_OUT}"),
        lambda: _page(review, _dangers(sections), "", f"all but dangers {_LEFT_OUT}"),
    )
    for make in shorter:
        text = make()
        if len(text) <= limit:
            return text
    return f"{text[: limit - len(_LEFT_OUT) - 2]}\n\n{_LEFT_OUT}"


def _page(review: Review, sections: Sequence[Section], mermaid: str, note: str = "") -> str:
    parts = [MARKER, f"## Review of {_code(review.before)} → {_code(review.after)}"]
    parts.append(f"**{cell(summary(review))}**")
    parts += [f"### {one.title.capitalize()}\n\n" + "\n".join(_items(one)) for one in sections]
    if note:
        parts.append(note)
    if mermaid:
        parts.append(_folded("picture", f"```mermaid\n{mermaid}```"))
    return "\n\n".join(parts) + "\n"


def _items(section: Section) -> Iterator[str]:
    for item in section.items:
        at = f" ({_code(str(item.at))})" if item.at else ""
        yield f"- {_SIGNS[item.tone]} {cell(item.text)}{at}"
        yield from (f"  - {cell(line)}" for line in item.lines)
        if item.code:
            yield f"\n{_indented(_folded(_what(item), _fence(item.code, _is_diff(item))))}\n"


def _what(item: Item) -> str:
    return "diff" if _is_diff(item) else "statements"


def _is_diff(item: Item) -> bool:
    return item.code[0].startswith("--- ")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _fence(lines: Sequence[str], is_diff: bool) -> str:
    """A block that no line of it can end."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}{'diff' * is_diff}", *shown, fence))


def _code(text: str) -> str:
    """Text in a code span, whatever backticks it has."""
    shown = visible(text)
    ticks = "`" * (max(map(len, _TICKS.findall(shown)), default=0) + 1)
    space = " " * (ticks != "`")
    return f"{ticks}{space}{shown}{space}{ticks}"


def _without_code(sections: Sequence[Section]) -> list[Section]:
    return [
        replace(one, items=tuple(replace(item, code=()) for item in one.items)) for one in sections
    ]


def _dangers(sections: Sequence[Section]) -> list[Section]:
    """The dangers, and how many items are left out."""
    found = []
    for one in sections:
        kept = tuple(replace(item, code=()) for item in one.items if item.tone is Tone.DANGER)
        rest = len(one.items) - len(kept)
        note = Item(tone=Tone.NOTE, text=f"{rest} more")
        found.append(replace(one, items=(*kept, note) if rest else kept))
    return found
