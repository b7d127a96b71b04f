"""What starts a function, and which outputs can do so: the algebra of prefixes and suffixes.

S3 sends an object to a rule when its key starts with the rule's prefix and ends in its suffix. Two
rules overlap when one prefix starts with the other and one suffix ends in the other; S3 refuses
such a pair in one bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import product

from scar_constructs.fdl.models import Input, Output


@dataclass(frozen=True, slots=True)
class Filter:
    """Keys that start with `prefix` and end in `suffix`; either may be empty."""

    prefix: str
    suffix: str

    def overlaps(self, other: Filter) -> bool:
        """Whether some key passes both."""
        return _one_starts(self.prefix, other.prefix) and _one_ends(self.suffix, other.suffix)

    def covers(self, other: Filter) -> bool:
        """Whether every key that passes the other passes this."""
        return other.prefix.startswith(self.prefix) and other.suffix.endswith(self.suffix)


def _one_starts(first: str, second: str) -> bool:
    return first.startswith(second) or second.startswith(first)


def _one_ends(first: str, second: str) -> bool:
    return first.endswith(second) or second.endswith(first)


def folder_prefix(folder: str) -> str:
    """What all keys of a folder start with; the empty folder is the whole bucket."""
    return f"{folder}/" if folder else ""


def input_filters(source: Input) -> tuple[Filter, ...]:
    """The rules of an input: one for each pair of its prefixes and suffixes, least many."""
    start = folder_prefix(source.folder)
    pairs = product(source.prefixes or ("",), source.suffixes or ("",))
    return minimal(Filter(start + prefix, suffix) for prefix, suffix in pairs)


def minimal(filters: Iterable[Filter]) -> tuple[Filter, ...]:
    """The same keys with no filter that another covers; the order is kept."""
    kept: list[Filter] = []
    for candidate in dict.fromkeys(filters):
        if any(one.covers(candidate) for one in kept):
            continue
        kept = [one for one in kept if not candidate.covers(one)]
        kept.append(candidate)
    return tuple(kept)


class _Wild(Enum):
    """A part of a key that is not known before the run."""

    ANYTHING = "anything"
    ONE_NAME = "something without a slash, of at least one character"


_Part = str | _Wild
_PLACEHOLDER = re.compile(r"(\{[a-z_]+\})")


class Written:
    """The keys that an output may write.

    Known are the folder, the template's own text, the output's filters on `{name}`, and that
    neither `{stem}` nor `{request_id}` holds a slash. What is not known is taken to be possible.
    """

    def __init__(self, output: Output) -> None:
        start = folder_prefix(output.folder)
        pairs = product(output.prefixes or ("",), output.suffixes or ("",))
        self._patterns = [
            _merge_text([start, *_parts(output.key, prefix, suffix)]) for prefix, suffix in pairs
        ]
        self._reversed = [_reverse(pattern) for pattern in self._patterns]

    @property
    def starts(self) -> set[str]:
        """What all the keys are known to start with; one text for each of the output's prefixes."""
        return {
            pattern[0] if pattern and isinstance(pattern[0], str) else ""
            for pattern in self._patterns
        }

    def can_pass(self, one: Filter) -> bool:
        """Whether some key that may be written passes the filter."""
        return any(
            _can_start(pattern, one.prefix) and _can_start(backwards, one.suffix[::-1])
            for pattern, backwards in zip(self._patterns, self._reversed, strict=True)
        )


def _parts(template: str, prefix: str, suffix: str) -> list[_Part]:
    """The template with its placeholders replaced by what is known of them."""
    parts: list[_Part] = []
    for text in _PLACEHOLDER.split(template):
        if text == "{name}":
            parts += [prefix, _Wild.ANYTHING, suffix]
        elif text in ("{stem}", "{request_id}"):
            parts.append(_Wild.ONE_NAME)
        else:
            parts.append(text)
    return parts


def _merge_text(parts: list[_Part]) -> list[_Part]:
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


def _reverse(pattern: list[_Part]) -> list[_Part]:
    return [part[::-1] if isinstance(part, str) else part for part in reversed(pattern)]


def _can_start(pattern: list[_Part], wanted: str) -> bool:
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


def can_trigger(output: Output, source: Input) -> bool:
    """Whether a file that the output writes can start the owner of the input."""
    if output.bucket != source.bucket:
        return False
    written = Written(output)
    return any(written.can_pass(one) for one in input_filters(source))
