"""What starts a function: the algebra of prefixes and suffixes.

S3 sends an object to a rule when its key starts with the rule's prefix and ends in its suffix. Two
rules overlap when one prefix starts with the other and one suffix ends in the other; S3 refuses
such a pair in one bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from scar_constructs.model.storage import Input


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
    prefixes, suffixes = least(source.prefixes, source.suffixes)
    return tuple(Filter(start + prefix, suffix) for prefix, suffix in product(prefixes, suffixes))


def least(
    prefixes: Iterable[str], suffixes: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same keys with no prefix that starts with another, and no suffix that ends in another;
    a text that passes all keys for none."""
    starts = minimal(Filter(prefix, "") for prefix in prefixes)
    ends = minimal(Filter("", suffix) for suffix in suffixes)
    return (
        tuple(one.prefix for one in starts) or ("",),
        tuple(one.suffix for one in ends) or ("",),
    )


def minimal(filters: Iterable[Filter]) -> tuple[Filter, ...]:
    """The same keys with no filter that another covers; the order is kept."""
    wanted = dict.fromkeys(filters)
    if len(wanted) < 2:
        return tuple(wanted)
    suffixes: dict[str, set[str]] = {}
    for one in wanted:
        suffixes.setdefault(one.prefix, set()).add(one.suffix)
    lengths = sorted({len(prefix) for prefix in suffixes})
    ends = {prefix: sorted(map(len, those)) for prefix, those in suffixes.items()}
    # Looked up by their lengths: pairs would be compared a million times for a thousand filters.
    return tuple(one for one in wanted if not _is_covered(one, suffixes, lengths, ends))


def _is_covered(
    one: Filter,
    suffixes: Mapping[str, set[str]],
    lengths: Sequence[int],
    ends: Mapping[str, Sequence[int]],
) -> bool:
    """Whether another of the filters, which are suffixes by their prefixes, covers this one."""
    size = len(one.suffix)
    for start in (one.prefix[:length] for length in lengths if length <= len(one.prefix)):
        for length in dict.fromkeys(ends.get(start, ())):
            tail = one.suffix[size - length :] if length <= size else None
            if tail in suffixes[start] and (start, tail) != (one.prefix, one.suffix):
                return True
    return False
