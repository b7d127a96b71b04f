"""What IAM asks of tags: it is the strictest of the services whose resources are tagged.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from scar_constructs.language.diagnostics.problems import Position, Problem
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, child_path
from scar_constructs.model import limits

_SIGNS = frozenset("_.:/=+-@")
_KINDS = frozenset("LZN")
"""Unicode's letters, spaces and numbers."""


def check_tags(tags: Node | None) -> Iterator[Problem]:
    """The problems of a mapping of tags; its names have been held to their length before."""
    if not isinstance(tags, Mapping):
        return
    for name, value in tags.items():
        yield from _check(name, child_path(tags.path, name), tags.position_of(name), "name")
        if isinstance(value, Scalar):
            yield from _check(value.text, value.path, value.position, "value")


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
