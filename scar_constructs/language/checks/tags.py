"""What IAM asks of tags: it is the strictest of the services whose resources are tagged.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping

from scar_constructs.language.diagnostics.problems import Position, Problem
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, child_path
from scar_constructs.model import limits
from scar_constructs.terminal import quote

_SIGNS = frozenset("_.:/=+-@")
_KINDS = frozenset("LZN")
"""Unicode's letters, spaces and numbers."""


def check_tags(tags: Node | None) -> Iterator[Problem]:
    """The problems of a mapping of tags; its names have been held to their length before."""
    if not isinstance(tags, Mapping):
        return
    yield from _same_but_for_case(tags, {})
    for name, value in tags.items():
        yield from _check(name, child_path(tags.path, name), tags.position_of(name), "name")
        if isinstance(value, Scalar):
            yield from _check(value.text, value.path, value.position, "value")


def check_merged_tags(tags: Node | None, of_file: Node | None) -> Iterator[Problem]:
    """The problems of a function's tags together with those of the whole file."""
    if not isinstance(tags, Mapping) or not isinstance(of_file, Mapping):
        return
    yield from _same_but_for_case(tags, {name.casefold(): name for name in of_file.entries})
    count = len({*tags.entries, *of_file.entries})
    if count > limits.TAGS_MAX:
        message = f"with those of the file there are {count} tags, and AWS takes {limits.TAGS_MAX}"
        yield problem("tag", tags.path, tags.position, message, "", "remove some")


def _same_but_for_case(tags: Mapping, others: AbstractMapping[str, str]) -> Iterator[Problem]:
    """IAM takes `Cost` and `cost` for one tag, and refuses both."""
    seen = dict(others)
    for name in tags.entries:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            message = f"is the tag {quote(other)} but for its case, and IAM takes them for one"
            path, at = child_path(tags.path, name), tags.position_of(name)
            yield problem("tag", path, at, message, quote(name), "remove one of them")


def _check(text: str, path: str, at: Position, what: str) -> Iterator[Problem]:
    limit = limits.TAG_VALUE_MAX
    if len(text) > limit:
        message = f"a tag's {what} has at most {limit} characters, got {len(text)}"
        yield problem("tag", path, at, message, "", "shorten it")
    for character in text:
        if character not in _SIGNS and unicodedata.category(character)[0] not in _KINDS:
            message = (
                f"a tag's {what} has letters, numbers, spaces and {' '.join(sorted(_SIGNS))} only"
            )
            yield problem("tag", path, at, message, repr(character), "write it without")
            return
