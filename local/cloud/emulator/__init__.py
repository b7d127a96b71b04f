"""The emulated services as plain callables, and the places where ours are put in.

The only package that touches the emulator's private names: `names` lists them, and there is a
module for each service. `Emulator` refuses to start when a name is gone, and a test says which.
"""

from __future__ import annotations

from typing import Any

from local.cloud.emulator.apis import Apis
from local.cloud.emulator.changes import Changes
from local.cloud.emulator.functions import Functions
from local.cloud.emulator.groups import Groups
from local.cloud.emulator.identity import Identity
from local.cloud.emulator.jobs import Jobs
from local.cloud.emulator.logs import Logs
from local.cloud.emulator.names import NAMES, VERSION, EmulatorError, load_modules, missing_names
from local.cloud.emulator.names import scope_of as _scope_of
from local.cloud.emulator.queues import Queues
from local.cloud.emulator.registry import Registry
from local.cloud.emulator.rules import Rules
from local.cloud.emulator.stacks import Stacks
from local.cloud.emulator.storage import Storage
from local.cloud.scope import Scope

__all__ = ["NAMES", "VERSION", "Emulator", "EmulatorError", "missing_names"]


class Emulator:
    """All services. Raises `EmulatorError` where another emulator is installed."""

    def __init__(self) -> None:
        modules = load_modules()
        self._modules = modules
        self.apis = Apis(modules)
        self.changes = Changes(modules)
        self.functions = Functions(modules)
        self.groups = Groups(modules)
        self.identity = Identity(modules)
        self.jobs = Jobs(modules)
        self.logs = Logs(modules)
        self.queues = Queues(modules)
        self.registry = Registry(modules)
        self.rules = Rules(modules)
        self.stacks = Stacks(modules)
        self.storage = Storage(modules)

    @property
    def application(self) -> Any:
        """The ASGI application."""
        return self._modules.app.app

    def scope(self) -> Scope:
        """The account and Region of the request that is being answered."""
        return _scope_of(self._modules)
