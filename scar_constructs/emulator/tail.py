"""The last words of a program, for a person who wants to know why it failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

OWN = '{"scar"'
"""How the runtime's own lines begin; it sees to it that no script's line does."""
_EXECUTION = '{"scar": "execution"'
_FAULT = "[ERROR] "
_LINES = 20
_LETTERS = 1000


class Tail:
    """The last lines of an output, without the runtime's own."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        for line in lines:
            self.add(line)

    def add(self, line: str) -> None:
        if line and not line.startswith(OWN):
            self._lines.append(line[-_LETTERS:])

    @classmethod
    def of_invocation(cls, lines: Iterable[str]) -> Tail:
        """Of a Lambda function's output, without the fault that its client prints with a trace when
        an invocation fails: the runtime's own line has said it before."""
        tail, is_over = cls(), False
        for line in lines:
            is_over = is_over or line.startswith(_EXECUTION)
            if is_over and line.startswith(_FAULT):
                break
            tail.add(line)
        return tail

    def text(self) -> str:
        """Whole lines, as far as there is room."""
        text = "\n".join(self._lines)
        if len(text) <= _LETTERS:
            return text
        cut = text[-_LETTERS:]
        return cut.partition("\n")[2] or cut
