"""Lambda's event source mappings of queues: what they say, and who reads for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.services.names import Modules, Record

_TYPE = "AWS::Lambda::EventSourceMapping"


class Mappings:
    """The emulated mappings of SQS."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def all(self) -> Iterator[tuple[Scope, Record]]:
        """Every mapping of a queue that is switched on, with its account and Region."""
        for account, region, record in self._modules.lambda_svc._iter_all_esms():
            if ":sqs:" in record.get("EventSourceArn", "") and record.get("Enabled", True):
                yield Scope(account, region), record

    def find(self, scope: Scope, identifier: str) -> Record | None:
        """One of them, as it is now."""
        for place, record in self.all():
            if (place, record["UUID"]) == (scope, identifier):
                return record
        return None

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Act in this account and Region, outside of a request."""
        responses = self._modules.responses
        account = responses._request_account_id.set(scope.account)
        region = responses._request_region.set(scope.region)
        try:
            yield
        finally:
            responses._request_account_id.reset(account)
            responses._request_region.reset(region)

    def put_reader(self) -> None:
        """Leave queues alone, which another reader reads."""
        self._modules.lambda_svc._poll_sqs = lambda: False

    def put_check(self, fault: Callable[[Mapping[str, Any]], str | None]) -> None:
        """Let a stack fail whose mapping has a fault, which is a text."""
        table = self._modules.provisioners._RESOURCE_HANDLERS
        original = table[_TYPE]

        def check(properties: Mapping[str, Any]) -> None:
            if text := fault(properties):
                raise ValueError(text)

        def create(logical_id: str, properties: Record, stack: str) -> Any:
            check(properties)
            return original["create"](logical_id, properties, stack)

        def update(identifier: str, old: Record, new: Record, stack: str) -> Any:
            check(new)
            return original["update"](identifier, old, new, stack)

        table[_TYPE] = {**original, "create": create, "update": update}
