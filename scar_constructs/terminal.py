"""Text for people. Names, messages and logs are data: no terminal may take a part of them for an
order, nor show it in another place or direction than where it stands.

Control characters (C0 and C1, with them every escape sequence), marks that change the direction of
writing, and whatever else has no letter of its own are shown by their number. Everything that is
printed goes through here, and a test looks for what does not.
"""

from __future__ import annotations

import sys
from typing import TextIO

_OF_TEXT = frozenset("\n\t")


def visible(text: str) -> str:
    """A name, or anything else of one line."""
    return "".join(_visible(character) for character in text)


def visible_lines(text: str) -> str:
    """A text of lines, such as the last output of a script."""
    return "".join(
        character if character in _OF_TEXT else _visible(character)
        for character in text.replace("\r\n", "\n")
    )


def quote(text: str) -> str:
    """The text in double quotes, one line, shortened, for an error message."""
    return '"' + shorten(text) + '"'


def shorten(text: str, limit: int = 60) -> str:
    """At most `limit` characters, control characters made visible."""
    shown = visible(text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def say(text: object, stream: TextIO | None = None) -> None:
    """Print a text for people, on standard error if no stream is given."""
    put(f"{visible_lines(str(text))}\n", stream or sys.stderr)


def put(text: str, stream: TextIO | None = None) -> None:
    """Write as it is, to standard output if no stream is given: a document for programs, or text
    with colours whose data is visible already."""
    (stream or sys.stdout).write(text)


def _visible(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
