"""Which keys an output can write, and so which functions it can start.

Known of a key are the folder, the template's own text, the output's filters on `{name}`, and that
neither `{stem}` nor `{request_id}` holds a slash. What is not known is taken to be possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import product

from scar_constructs.model import Input, Output
from scar_constructs.model.filters import Filter, folder_prefix, input_filters


class _Wild(Enum):
    """A part of a key that is not known before the run."""

    ANYTHING = "anything, or nothing"
    ONE_NAME = "something without a slash, of at least one character"


_Part = str | _Wild
_PLACEHOLDER = re.compile(r"(\{[a-z_]+\})")
_OTHER = "\0"
"""Any character that stands in none of the texts."""


class Written:
    """The keys that an output may write."""

    def __init__(self, output: Output) -> None:
        start = folder_prefix(output.folder)
        pairs = product(output.prefixes or ("",), output.suffixes or ("",))
        self._patterns = [
            _Pattern([start, *_parts(output.key, prefix, suffix)]) for prefix, suffix in pairs
        ]

    @property
    def starts(self) -> set[str]:
        """What all the keys are known to start with; one text for each of the output's prefixes."""
        return {pattern.start for pattern in self._patterns}

    def can_pass(self, one: Filter) -> bool:
        """Whether some key that may be written passes the filter."""
        return any(pattern.can_pass(one) for pattern in self._patterns)


class _Pattern:
    """A key as a row of known and unknown parts."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = _merge_text(parts)
        self._backwards = [
            part[::-1] if isinstance(part, str) else part for part in reversed(self._parts)
        ]
        # Hundreds of functions may read the same folder, each with a filter of its own.
        self._starting: dict[str, bool] = {}

    @property
    def start(self) -> str:
        first = self._parts[0] if self._parts else ""
        return first if isinstance(first, str) else ""

    def can_pass(self, one: Filter) -> bool:
        """The two ends are asked for first; with {name} between them they cannot meet."""
        if one.prefix not in self._starting:
            self._starting[one.prefix] = _can_start(self._parts, one.prefix)
        if not self._starting[one.prefix] or not _can_start(self._backwards, one.suffix[::-1]):
            return False
        return _Wild.ANYTHING in self._parts or _Walk(self._parts).can_pass(one)


def can_trigger(output: Output, source: Input) -> bool:
    """Whether a file that the output writes can start the owner of the input."""
    if output.bucket != source.bucket:
        return False
    written = Written(output)
    return any(written.can_pass(one) for one in input_filters(source))


def _parts(template: str, prefix: str, suffix: str) -> Iterator[_Part]:
    """The template with its placeholders replaced by what is known of them."""
    for text in _PLACEHOLDER.split(template):
        if text == "{name}":
            yield from (prefix, _Wild.ANYTHING, suffix)
        elif text == "{group}":
            yield _Wild.ANYTHING
        elif text in ("{stem}", "{request_id}"):
            yield _Wild.ONE_NAME
        else:
            yield text


def _merge_text(parts: Sequence[_Part]) -> list[_Part]:
    """The same with neighbouring texts joined and empty ones left out."""
    merged: list[_Part] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _can_start(pattern: Sequence[_Part], wanted: str) -> bool:
    """Whether something that fits the pattern starts with the wanted text."""
    reached = {0}  # how much of the wanted text the parts so far may have made
    for part in pattern:
        if not reached:
            return False
        if part is _Wild.ANYTHING or len(wanted) in reached:
            return True
        if isinstance(part, str):
            if any(part.startswith(wanted[at:]) for at in reached):
                return True
            reached = {at + len(part) for at in reached if wanted.startswith(part, at)}
        else:
            if any("/" not in wanted[at:] for at in reached):
                return True
            reached = {end for at in reached for end in range(at + 1, wanted.index("/", at) + 1)}
    return len(wanted) in reached


class _Walk:
    """All keys that fit a pattern without {name}, walked character by character at once."""

    def __init__(self, pattern: Sequence[_Part]) -> None:
        # A step is one character of text, or None for one character that is no slash; `loops` are
        # the steps that may be repeated.
        self._steps: list[str | None] = []
        self._loops: set[int] = set()
        for part in pattern:
            if isinstance(part, str):
                self._steps += part
            else:
                self._loops.add(len(self._steps))
                self._steps.append(None)

    def can_pass(self, one: Filter) -> bool:
        """Whether some key starts with the prefix and ends in the suffix, both at once."""
        states = {0}
        for character in one.prefix:
            states = {after for state in states for after in self._after(state, character)}
        letters = {_OTHER, *one.suffix, *(step for step in self._steps if step is not None)}
        made = _longest_end(one.prefix, one.suffix)
        waiting = [(state, made) for state in states]
        seen = set(waiting)
        while waiting:
            state, made = waiting.pop()
            if state == len(self._steps) and made == len(one.suffix):
                return True
            for letter in letters:
                further = _longest_end(one.suffix[:made] + letter, one.suffix)
                for after in self._after(state, letter):
                    if (after, further) not in seen:
                        seen.add((after, further))
                        waiting.append((after, further))
        return False

    def _after(self, state: int, character: str) -> Iterator[int]:
        """The states in which the character leaves the walk."""
        if state < len(self._steps):
            step = self._steps[state]
            if step == character or (step is None and character != "/"):
                yield state + 1
        if state - 1 in self._loops and character != "/":
            yield state


def _longest_end(text: str, suffix: str) -> int:
    """The length of the longest end of the text that the suffix starts with."""
    for length in range(min(len(text), len(suffix)), -1, -1):
        if text.endswith(suffix[:length]):
            return length
    return 0
