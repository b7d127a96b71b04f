"""What other programs print, on its way into a log that has the runtime's own lines too.

The runtime's lines begin with `OWN`, and nothing else in the log has these letters anywhere: where
a script prints them, a space goes between the first two, which is the same JSON. The whole output
is searched, not only the beginnings of lines, because platforms break long lines where they like.
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

from scar_runtime.log import write_all

OWN = '{"scar"'
_OTHERS = '{ "scar"'
_OWN, _FOREIGN = OWN.encode(), _OTHERS.encode()
LINE = 64 * 1024
"""A longer line goes in pieces, for which nobody has to wait."""


class Passage:
    """Passes output on to a descriptor by whole lines, and ends the last one."""

    def __init__(self, sink: int) -> None:
        self._sink = sink
        self._held = bytearray()
        self._is_amid_a_line = False

    def add(self, data: bytes) -> None:
        self._held += data
        end = self._held.rfind(b"\n") + 1
        if not end and len(self._held) > LINE:
            end = len(self._held) - _begun(self._held)
        if end:
            self._pass_on(end)

    def end(self) -> None:
        """Pass on what is left, so that whoever writes next begins a line."""
        self._pass_on(len(self._held))
        if self._is_amid_a_line:
            write_all(self._sink, b"\n")

    def _pass_on(self, end: int) -> None:
        piece = bytes(self._held[:end])
        del self._held[:end]
        if piece:
            self._is_amid_a_line = not piece.endswith(b"\n")
            write_all(self._sink, piece.replace(_OWN, _FOREIGN))


def _begun(data: bytearray) -> int:
    """How many bytes at the end may be the beginning of what must not pass."""
    lengths = range(len(_OWN) - 1, 0, -1)
    return next((length for length in lengths if data.endswith(_OWN[:length])), 0)


class FencedStream:
    """A standard stream for everybody but the runtime's own log: tracebacks and messages of
    libraries may hold anything, such as the last output of a script or the name of a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text.replace(OWN, _OTHERS))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def fence_standard_streams() -> None:
    sys.stdout, sys.stderr = _fenced(sys.stdout), _fenced(sys.stderr)


def _fenced(stream: Any) -> Any:
    return stream if stream is None else FencedStream(stream)
