"""What a scalar means: text, a number, true or false, or nothing."""

from __future__ import annotations

import re

from scar_constructs.language.yaml.tree import Plain

TAG_PREFIX = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    spelling: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")


def resolve(text: str) -> Plain:
    """What a plain (unquoted) scalar means.

    YAML 1.1 as PyYAML reads it, which is what SCAR used, but for its traps: `010` is not eight and
    `1:30` is not ninety; both stay text.
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) <= 40:
        if _INTEGER.match(text):
            return int(text.replace("_", ""))
        if _FLOAT.match(text):
            return float(text.replace("_", ""))
    return text


def tagged(tag: str | None, text: str) -> Plain:
    """A scalar in quotes is text, unless a tag such as !!int says otherwise."""
    if tag in (None, "!", TAG_PREFIX + "str"):
        return text
    return resolve(text)
