"""One signed request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Protocol, TypeVar

from scar_runtime.aws.connections import Connections
from scar_runtime.aws.request import Request
from scar_runtime.aws.sender import ATTEMPTS, Sender
from scar_runtime.aws.signature import (
    UNSIGNED,
    Credentials,
    Scope,
    encoded_path,
    query_string,
    signed_headers,
)

T = TypeVar("T")


class CredentialsSource(Protocol):
    """Where the keys to sign with come from; asked for each request."""

    def get(self) -> Credentials: ...


class Client:
    """Signs and sends requests to one service. Safe for threads."""

    def __init__(
        self,
        service: str,
        credentials: CredentialsSource,
        connections: Connections,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._credentials = credentials
        self._sender = Sender(connections, attempts, sleep)

    def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
        """Send a request until it is answered; `receive` reads the answer to its end.

        Raises `AwsError`; see `Sender` for what is tried again.
        """
        return self._sender.deliver(request, lambda: self._headers(request, region), receive)

    def pause(self, attempt: int) -> None:
        """Wait as between two attempts of one request, counted from 1."""
        self._sender.pause(attempt)

    def _payload_hash(self, request: Request) -> str:
        """Over TLS the content needs no hash of its own: nobody can change it on the way.

        Only S3 takes a request without: others compute the hash and find another signature.
        """
        if self._service == "s3" and request.origin.secure and request.body.size:
            return UNSIGNED
        digest = hashlib.sha256()
        for block in request.body.blocks():
            digest.update(block)
        return digest.hexdigest()

    def _headers(self, request: Request, region: str) -> dict[str, str]:
        return signed_headers(
            self._credentials.get(),
            Scope(region, self._service),
            request.method,
            encoded_path(request.path),
            query_string(request.query),
            {"Host": request.origin.authority, **request.headers},
            self._payload_hash(request),
        )
