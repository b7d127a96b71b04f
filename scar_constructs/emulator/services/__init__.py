"""The emulated services as plain callables, and the places where ours are put in.

The only package that touches the emulator's private names: `names` lists them, and there is a
module for each service. `Emulator` refuses to start when a name is gone, and a test says which.
"""

from __future__ import annotations

from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.services.apis import Apis
from scar_constructs.emulator.services.changes import Changes
from scar_constructs.emulator.services.functions import Functions
from scar_constructs.emulator.services.groups import Groups
from scar_constructs.emulator.services.identity import Identity
from scar_constructs.emulator.services.jobs import Jobs
from scar_constructs.emulator.services.logs import Logs
from scar_constructs.emulator.services.mappings import Mappings
from scar_constructs.emulator.services.names import (
    NAMES,
    VERSION,
    EmulatorError,
    load_modules,
    missing_names,
)
from scar_constructs.emulator.services.names import scope_of as _scope_of
from scar_constructs.emulator.services.queues import Queues
from scar_constructs.emulator.services.registry import Registry
from scar_constructs.emulator.services.rules import Rules
from scar_constructs.emulator.services.stacks import Stacks
from scar_constructs.emulator.services.storage import Storage

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
        self.mappings = Mappings(modules)
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
