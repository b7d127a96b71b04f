"""Requests to the interface of a forge, as JSON."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from scar_constructs.errors import UserError
from scar_constructs.terminal import shorten

_PATIENCE_SECONDS = 30
_LARGEST_BYTES = 16 * 1024**2
_DENIED = (401, 403, 404)
"""Of a token without the right; GitHub says 404 where it may not even be read."""


class ForgeError(UserError):
    """The forge did not answer as it should."""


class DeniedError(ForgeError):
    """The token has no right to do this."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Client:
    """`base`: the address below which all paths are; `headers` have the token."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        if not base.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ForgeError(f"a token is sent over https only, and not to {shorten(base)}")
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def send(self, method: str, path: str, document: Mapping[str, Any]) -> Any:
        return self._ask(method, path, json.dumps(document).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        """Raises DeniedError or ForgeError."""
        headers = {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - the base is of http, as checked above
            self._base + path, body, headers, method=method
        )
        try:
            with self._opener.open(request, timeout=_PATIENCE_SECONDS) as answer:
                return json.loads(answer.read(_LARGEST_BYTES))
        except urllib.error.HTTPError as fault:
            kind = DeniedError if fault.code in _DENIED else ForgeError
            raise kind(f"{method} {path}: the forge answered {fault.code}") from fault
        except (OSError, ValueError) as fault:
            raise ForgeError(f"{method} {path}: {fault}") from fault
