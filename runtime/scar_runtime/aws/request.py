"""Requests, before they are signed and sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scar_runtime.aws.connections import Origin
from scar_runtime.aws.errors import AwsError

BLOCK = 256 * 1024


class Body(Protocol):
    """A request's content, that can be sent again."""

    @property
    def size(self) -> int: ...

    def blocks(self) -> Iterable[bytes | memoryview]: ...


@dataclass(frozen=True)
class Bytes:
    """Content in memory."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def blocks(self) -> Iterable[bytes]:
        return (self.content,)


NOTHING = Bytes(b"")


@dataclass(frozen=True)
class FileSlice:
    """A part of a file, read as it is sent. Raises `AwsError` where it cannot be read."""

    path: Path
    begin: int
    size: int

    def blocks(self) -> Iterator[bytes]:
        rest = self.size
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(self.begin)
                while rest and (block := file.read(min(BLOCK, rest))):
                    rest -= len(block)
                    yield block
        except OSError as error:
            text = f"cannot read {self.path.name}: {error.strerror}"
            raise AwsError(type(error).__name__, text) from error
        if rest:
            raise AwsError("ShortFile", f"{self.path.name} lost its last {rest} bytes")


@dataclass(frozen=True)
class Request:
    """A request to a service at `origin`; path and query are not encoded yet.

    - `repeatable`: whether it may be carried out twice
    - `fresh`: whether it goes through a new connection. One that is open may be dead, as all are
      that were open when Lambda froze the process; then nobody knows whether it was carried out.
    """

    method: str
    origin: Origin
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = NOTHING
    repeatable: bool = True
    fresh: bool = False
