"""API Gateway: the documents of REST APIs, and how they call functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Apis:
    """The emulated API Gateway."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def put_calls(
        self,
        refusal: Callable[[str, Record], Record | None],
        seconds: float,
        too_late: Callable[[], Record],
    ) -> None:
        """Call a function for a REST API unless `refusal(function ARN, event)` is an answer, and
        answer `too_late()` when it takes longer; the function then runs on."""
        gateway = self._modules.apigateway_v1
        original = gateway._call_lambda_raw

        async def call(reference: str, event: Record, **scope: Any) -> Any:
            if (answer := refusal(reference, event)) is not None:
                return {"body": answer}, None
            running = asyncio.ensure_future(original(reference, event, **scope))
            done, _ = await asyncio.wait({running}, timeout=seconds)
            return running.result() if done else ({"body": too_late()}, None)

        gateway._call_lambda_raw = call

    def put_documents(self, understood: Callable[[Record], Record]) -> None:
        """Import `understood(document)` in place of each OpenAPI document."""
        gateway = self._modules.apigateway_v1
        original = gateway._import_rest_api

        def import_document(document: Record, base: Record | None = None) -> Any:
            types = document.get("x-amazon-apigateway-binary-media-types")
            binary = {"binaryMediaTypes": types} if types else {}
            return original(understood(document), {**(base or {}), **binary})

        gateway._import_rest_api = import_document
