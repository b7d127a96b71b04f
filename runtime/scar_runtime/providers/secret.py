"""A provider's credentials, from Secrets Manager or Systems Manager and from nowhere else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.secrets import Values
from scar_runtime.errors import ConfigError
from scar_runtime.secrets import KEPT_SECONDS

REFUSED = (401, 403)
"""The answers of a service that does not accept the credentials."""

_IN_HEADERS = ("token", "access_key")
"""The parts that requests carry as they are."""

T = TypeVar("T")


class ProviderSecret:
    """The parts of a secret that is a JSON object; read when they are needed, and kept for a while.

    `parts` are those that must be there. Faults name the provider and the ARN, never a value.
    """

    def __init__(self, provider: str, arn: str, parts: Sequence[str], values: Values) -> None:
        self._of = f"the secret of the storage provider {provider} ({arn})"
        self._arn = arn
        self._parts = parts
        self._values = values
        self._known: Mapping[str, str] | None = None
        self._until = 0.0
        self._is_doubted = False
        self._lock = threading.Lock()

    def get(self) -> Mapping[str, str]:
        """All parts. Raises `ConfigError` where they cannot be read."""
        with self._lock:
            if self._known is None or time.monotonic() >= self._until:
                self._known = self._read()
                self._is_doubted = False
                self._until = time.monotonic() + KEPT_SECONDS
            return self._known

    def accepted(self, send: Callable[[], T]) -> T:
        """The result of `send`. Where the service refuses the credentials and they have changed
        since they were read, it is sent once more."""
        used = self.get()
        try:
            return send()
        except AwsError as error:
            if error.status not in REFUSED or not self._has_changed(used):
                raise
        return send()

    def _has_changed(self, used: Mapping[str, str]) -> bool:
        """Whether there are others than `used` by now. What is kept is doubted only once: a
        service that refuses for another reason must not have the secret read each time."""
        with self._lock:
            if self._known == used and not self._is_doubted:
                self._is_doubted = True
                found = self._read()
                if found != used:
                    self._is_doubted = False
                    self._until = time.monotonic() + KEPT_SECONDS
                self._known = found
            return self._known != used

    def _read(self) -> dict[str, str]:
        try:
            text = self._values.read(self._arn)
        except AwsError as error:
            raise ConfigError(f"cannot read {self._of}: {error}") from error
        try:
            found = json.loads(text)
            parts = {part: str(found[part]).strip("\r\n") for part in self._parts}
        except (ValueError, KeyError, TypeError):
            # Without a cause: the parser's own error holds the text that it could not read.
            wanted = ", ".join(f'"{part}"' for part in self._parts)
            raise ConfigError(f"{self._of} must be a JSON object with {wanted}") from None
        for part, value in parts.items():
            # The library would refuse it as a header, and show it.
            if not value.isprintable() or (part in _IN_HEADERS and not value.isascii()):
                raise ConfigError(f'{self._of}: "{part}" holds what no header can')
        return parts
