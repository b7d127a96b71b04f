"""What every source's events become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StoredObject:
    """An object of a storage service; `key` is decoded. Unknown facts are None."""

    bucket: str
    key: str
    provider: str = "s3"
    version: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    size: int | None = None

    @property
    def path(self) -> str:
        return f"{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Group:
    """Files that are the input of one run together.

    `name` is what people call them, `root` tells the group from others, `members` (a digest) which
    files of it are meant. The list of them is in the spool. `size`: bytes of all of them.
    """

    name: str
    root: str
    members: str
    count: int
    size: int | None = None


@dataclass(frozen=True)
class Folder:
    """Files that somebody wants to be the input of one run together; `run` tells this wish from
    others for the same files."""

    name: str
    run: str
    files: tuple[StoredObject, ...]


@dataclass(frozen=True)
class Payload:
    """Data that came inside the event, to be given to the script as an input file."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Http:
    """The event is a request over HTTP; `waiting` says that somebody waits for the answer."""

    waiting: bool


@dataclass(frozen=True)
class Record:
    """One thing to do: run a script once.

    - `event`: this record alone, in its source's own form; parsing it again gives this record
    - `object` or `payload`: the input file, if any; `group`: the input files, if there are many;
      `folder`: the same before they are a group
    - `script`: run in place of the function's own; `arguments`: for the script, or, without a
      script, a command
    - `looks_for_overdue`: for groups that are not whole in time
    - `parameters`: those of a request over HTTP, as the caller named them
    """

    event: Any
    object: StoredObject | None = None
    payload: Payload | None = None
    script: bytes | None = None
    arguments: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    time: str | None = None
    http: Http | None = None
    group: Group | None = None
    folder: Folder | None = None
    looks_for_overdue: bool = False

    @property
    def size(self) -> int | None:
        """The bytes of its input, as far as the event tells."""
        if self.payload:
            return len(self.payload.content)
        stored = self.group or self.object
        return stored.size if stored else None

    @property
    def input(self) -> str | None:
        """The input as log lines name it."""
        if self.group:
            return f"{self.group.name} ({self.group.count} files)"
        if self.folder:
            return self.folder.name
        return self.object.path if self.object else None


@dataclass(frozen=True)
class Ignored:
    """A record that asks for nothing; `reason` says why."""

    reason: str
    input: str | None = None


@dataclass(frozen=True)
class Refused:
    """A record that nothing can be done with; `fault` says why."""

    fault: Exception
    input: None = None


Entry = Record | Ignored | Refused
"""What may be found in an event."""
