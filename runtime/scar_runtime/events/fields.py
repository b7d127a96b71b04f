"""The fields of an event, each asked for with the type that it must have.

Whoever may send an event chooses what is in it. What has another type than its source gives it
never goes further: it would be a fault of ours in the middle of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scar_runtime.errors import EventError

TEXT_LETTERS = 4096
"""No service has longer names, and no log line should be as long as an event can be."""
TOKEN_LETTERS = 1024
SHOWN_LETTERS = 100


@dataclass(frozen=True)
class Fields:
    """A JSON object of an event; `title` is what messages call it. Raises `EventError`."""

    title: str
    content: Mapping[str, Any]

    def part(self, name: str) -> Fields:
        """An object within it."""
        return Fields(self.title, self._typed(name, dict, "an object"))

    def text(self, name: str) -> str:
        """Text that can be sent to a service: not empty, and no half of a character."""
        text: str = self._typed(name, str, "text")
        if not 0 < len(text) <= TEXT_LETTERS or not is_unicode(text):
            raise self._fault(name, f"a name in Unicode, got {shown(text)}")
        return text

    def token(self, name: str) -> str | None:
        """An identifier, which may become part of a header; None where there is none."""
        if self.content.get(name) is None:
            return None
        token: str = self._typed(name, str, "text")
        if len(token) > TOKEN_LETTERS or not (token.isascii() and token.isprintable()):
            raise self._fault(name, f"a short plain text, got {shown(token)}")
        return token

    def size(self, name: str) -> int | None:
        """A number of bytes; None where there is none."""
        if self.content.get(name) is None:
            return None
        size: int = self._typed(name, int, "a number of bytes")
        if isinstance(size, bool) or size < 0:
            raise self._fault(name, f"a number of bytes, got {size}")
        return size

    def _typed(self, name: str, kind: type[Any], words: str) -> Any:
        if name not in self.content:
            raise EventError(f"{self.title} lacks {name!r}")
        value = self.content[name]
        if not isinstance(value, kind):
            raise self._fault(name, f"{words}, got {type(value).__name__}")
        return value

    def _fault(self, name: str, words: str) -> EventError:
        return EventError(f"{name!r} of {self.title} must be {words}")


def shown(value: object) -> str:
    """A value of an event in a message."""
    return repr(value)[:SHOWN_LETTERS]


def is_unicode(text: str) -> bool:
    """Whether the text can be written in UTF-8. JSON can also hold halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
