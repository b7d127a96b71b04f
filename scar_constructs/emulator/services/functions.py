"""Lambda: the records of functions, and who runs their invocations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Functions:
    """The emulated Lambda."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def find(self, reference: str) -> Record | None:
        """A Lambda function's record (config, code, policy, event_invoke_config), if it exists."""
        service = self._modules.lambda_svc
        record, config, _ = service._get_func_record_for_ref(reference)
        if not record or not config:
            return None
        found: Record = service._execution_record_for_config(record, config)
        return found

    def execute(self, record: Record, event: Any) -> Record:
        """Run a function within its reserved concurrency; `throttle` is set if there is none."""
        result: Record = self._modules.lambda_svc._execute_function(record, event)
        return result

    def put_execution(self, run: Callable[[Record, Any, str], Record]) -> None:
        """Run every invocation with `run(record, event, request id)`."""

        def dispatch(
            record: Record, config: Record, event: Any, request_id: str, started: float
        ) -> Record:
            del config, started
            return run(record, event, request_id)

        self._modules.lambda_svc._execute_function_dispatch = dispatch

    def put_asynchronous(self, accept: Callable[[Record, Any], None]) -> None:
        self._modules.lambda_svc.invoke_async_with_retry = accept
