"""What the runtime asks of a storage service, whatever its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from scar_runtime.events import StoredObject


class Store(Protocol):
    """Reads inputs and writes outputs. Safe for threads.

    Faults of the service become `StorageError`, which names the object and never a credential.
    During a download, `check` is called again and again; what it raises ends the download.
    """

    def download(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """Write the version that the event speaks of to `path`; gives its metadata, which is empty
        where the protocol has none."""
        ...

    def download_current(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """The same, but raises `SupersededError` where the service can tell that the object was
        replaced since the event was sent."""
        ...

    def is_current(self, stored: StoredObject) -> bool:
        """False where the service can tell that the object was replaced since."""
        ...

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        """Store the file whole, or not at all where the protocol can promise that."""
        ...

    def holds(self, path: Path, bucket: str, key: str, mark: tuple[str, str]) -> bool:
        """Whether the object is certainly there with the file's content and with `mark` (name and
        value) among its metadata; False where that cannot be told, and for every protocol without
        metadata and checksums: the file is then uploaded again."""
        ...
