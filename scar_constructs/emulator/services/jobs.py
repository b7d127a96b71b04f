"""Batch: answered by operations of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from scar_constructs.emulator.services.names import Modules, Record, Response


class Jobs:
    """The table of Batch's API."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def put(self, operations: Mapping[str, Callable[[Record], Record]]) -> None:
        """Answer Batch's API with these operations; a `LookupError` or `ValueError` is refused."""
        table = self._modules.batch._DISPATCH
        table.clear()
        table.update({f"/v1/{name}": self._answering(run) for name, run in operations.items()})

    def _answering(self, run: Callable[[Record], Record]) -> Callable[[Record], Response]:
        def answer(request: Record) -> Response:
            try:
                document = run(request)
            except ValueError as error:
                refusal: Response = self._modules.responses.error_response_json(
                    "ClientException", str(error), 400
                )
                return refusal
            headers = {"Content-Type": "application/json"}
            return 200, headers, json.dumps(document).encode()

        return answer
