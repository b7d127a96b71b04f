"""The execution environments of all functions: reused when idle, bounded in number when idle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from scar_constructs.emulator.engine import Log, StartError
from scar_constructs.emulator.functions.environment import Environment, Result, failure
from scar_constructs.emulator.functions.launch import Launcher
from scar_constructs.emulator.functions.specification import Function


class Pool:
    """Leases environments to invocations; `max_idle` is how many wait for the next at most."""

    def __init__(
        self, launcher: Launcher, heard: Callable[[str], None], log: Log, max_idle: int
    ) -> None:
        self._launcher = launcher
        self._heard = heard
        self._log = log
        self._max_idle = max_idle
        self._lock = threading.Lock()
        self._idle: list[Environment] = []
        self._all: set[Environment] = set()
        self._closed = False

    def invoke(self, function: Function, request_id: str, payload: bytes) -> Result:
        """Run the function on one event, in an idle environment of its version or a new one."""
        try:
            environment = self._lease(function)
        except StartError as error:
            return failure(function, request_id, error, self._log)
        try:
            return environment.invoke(request_id, payload)
        finally:
            self._release(environment)

    def close(self) -> None:
        """End all environments; running invocations end with an error."""
        with self._lock:
            self._closed = True
            environments, self._all, self._idle = self._all, set(), []
        with ThreadPoolExecutor(max(1, len(environments))) as together:
            list(together.map(Environment.close, environments))

    def _lease(self, function: Function) -> Environment:
        key = _key(function)
        with self._lock:
            for environment in self._idle:
                if _key(environment.function) == key and environment.alive:
                    self._idle.remove(environment)
                    return environment
        environment = Environment(function, self._launcher, self._heard, self._log)
        with self._lock:
            self._all.add(environment)
        return environment

    def _release(self, environment: Environment) -> None:
        with self._lock:
            if environment.usable and not self._closed:
                self._idle.append(environment)
            else:
                self._idle = [other for other in self._idle if other is not environment]
            surplus = self._surplus(environment)
            self._idle = [other for other in self._idle if other not in surplus]
            closing = [other for other in surplus if other in self._all]
            self._all.difference_update(surplus)
        for other in closing:
            other.close()

    def _surplus(self, latest: Environment) -> list[Environment]:
        """Spent and dead ones, older versions of the function just used, and the longest idle."""
        newest = _key(latest.function)
        old = [
            other
            for other in self._idle
            if not other.alive
            or (other.function.arn == latest.function.arn and _key(other.function) != newest)
        ]
        kept = [other for other in self._idle if other not in old]
        kept.sort(key=lambda other: other.last_used)
        spent = [] if latest.usable else [latest]
        return spent + old + kept[: max(0, len(kept) - self._max_idle)]


def _key(function: Function) -> tuple[str, str]:
    return (function.arn, function.version)
