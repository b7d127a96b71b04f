"""The function's secrets, as variables of its script.

They are read when a script is about to start and kept for a while, so that a rotated secret reaches
a warm function.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.secrets import Values
from scar_runtime.errors import ConfigError

KEPT_SECONDS = 300.0


class ScriptSecrets:
    """`wanted`: the variable's name -> the ARN of its value."""

    def __init__(self, wanted: Mapping[str, str], values: Values) -> None:
        self._wanted = wanted
        self._values = values
        self._known: dict[str, str] = {}
        self._until = 0.0

    def variables(self) -> Mapping[str, str]:
        """All names with their values. Raises `ConfigError`, which names no value."""
        if self._wanted and time.monotonic() >= self._until:
            self._known = {name: self._read(name, arn) for name, arn in self._wanted.items()}
            self._until = time.monotonic() + KEPT_SECONDS
        return self._known

    def _read(self, name: str, arn: str) -> str:
        try:
            return self._values.read(arn)
        except AwsError as error:
            raise ConfigError(f"cannot read the secret {name} ({arn}): {error}") from error
