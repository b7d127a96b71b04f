"""What starts a function: the algebra of prefixes and suffixes.

S3 sends an object to a rule when its key starts with the rule's prefix and ends in its suffix. Two
rules overlap when one prefix starts with the other and one suffix ends in the other; S3 refuses
such a pair in one bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from scar_constructs.model import Input


@dataclass(frozen=True, slots=True)
class Filter:
    """Keys that start with `prefix` and end in `suffix`; either may be empty."""

    prefix: str
    suffix: str

    def passes(self, key: str) -> bool:
        return key.startswith(self.prefix) and key.endswith(self.suffix)

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
