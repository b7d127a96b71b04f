"""What starts a function, and which outputs can do so: the algebra of prefixes and suffixes.

S3 sends an object to a rule when its key starts with the rule's prefix and ends in its suffix. Two
rules overlap when one prefix starts with the other and one suffix ends in the other; S3 refuses
such a pair in one bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def output_filters(output: Output) -> tuple[Filter, ...]:
    """What the keys that an output writes are known to start with and to end in.

    The template's text before its first placeholder is known, and so is the text after its last;
    where the placeholder at an end is {name}, the output's own prefixes or suffixes are known too.
    """
    before, first, _ = _cut(output.key)
    last, after = _cut_last(output.key)
    start = folder_prefix(output.folder) + before
    prefixes = output.prefixes if first == "{name}" and output.prefixes else ("",)
    suffixes = output.suffixes if last == "{name}" and output.suffixes else ("",)
    return tuple(
        Filter(start + prefix, suffix + after) for prefix, suffix in product(prefixes, suffixes)
    )


def can_trigger(output: Output, source: Input) -> bool:
    """Whether a file that the output writes can start the owner of the input."""
    if output.bucket != source.bucket:
        return False
    filters = input_filters(source)
    if "{" not in output.key:
        key = folder_prefix(output.folder) + output.key
        return any(key.startswith(one.prefix) and key.endswith(one.suffix) for one in filters)
    return any(written.overlaps(one) for written in output_filters(output) for one in filters)


def _cut(template: str) -> tuple[str, str, str]:
    """Text before the first placeholder, that placeholder, and the rest."""
    before, brace, rest = template.partition("{")
    if not brace:
        return template, "", ""
    name, _, after = rest.partition("}")
    return before, "{" + name + "}", after


def _cut_last(template: str) -> tuple[str, str]:
    """The last placeholder and the text after it."""
    _, brace, rest = template.rpartition("{")
    if not brace:
        return "", template
    name, _, after = rest.partition("}")
    return "{" + name + "}", after
