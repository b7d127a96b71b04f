"""The stores of one function, by the names of their providers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from scar_runtime.config import OWN, Input
from scar_runtime.errors import ConfigError
from scar_runtime.events import StoredObject
from scar_runtime.providers.store import Store

Maker = Callable[[], Store]
NO_MAKERS: Mapping[str, Maker] = {}


class Stores:
    """Makes each store when it is first used, so that an unused provider costs nothing.

    `own` is S3 of the function's own account. `inputs` say which provider holds which bucket.
    """

    def __init__(
        self, own: Store, makers: Mapping[str, Maker] = NO_MAKERS, inputs: Sequence[Input] = ()
    ) -> None:
        self._made: dict[str, Store] = {OWN: own}
        self._makers = makers
        self._inputs = inputs
        self._lock = threading.Lock()

    def of(self, provider: str) -> Store:
        """The store of a provider of the configuration. Raises `ConfigError` for another."""
        with self._lock:
            if provider not in self._made:
                if provider not in self._makers:
                    raise ConfigError(f"the storage provider {provider} is not configured")
                self._made[provider] = self._makers[provider]()
            return self._made[provider]

    def of_input(self, stored: StoredObject) -> Store:
        """Where the object of an event is."""
        return self.of(self.provider_of(stored))

    def provider_of(self, stored: StoredObject) -> str:
        """The provider that the event names, if an input of the function is there; else the one
        that holds the bucket by the function's inputs; else S3 of the account itself.

        A MinIO server knows nothing of the name that it has in the user's file.
        """
        if stored.provider != OWN and any(one.provider == stored.provider for one in self._inputs):
            return stored.provider
        kind = stored.provider.partition(".")[0]
        found = [one for one in self._inputs if one.bucket == stored.bucket]
        found.sort(key=lambda one: (_kind(one) != kind, not _is_under(stored, one)))
        return found[0].provider if found else OWN


def _kind(source: Input) -> str:
    return source.provider.partition(".")[0]


def _is_under(stored: StoredObject, source: Input) -> bool:
    return not source.folder or stored.key.startswith(f"{source.folder}/")
