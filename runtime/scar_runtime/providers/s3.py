"""S3 of other accounts and regions, and services that speak its protocol, such as MinIO."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse
from typing import TypeVar

from scar_runtime.aws.client import Client
from scar_runtime.aws.connections import Connections
from scar_runtime.aws.request import Request
from scar_runtime.aws.signature import Credentials
from scar_runtime.providers.secret import ProviderSecret

PARTS = ("access_key", "secret_key")
REGION = "us-east-1"
"""MinIO's own, where it was given none."""

T = TypeVar("T")


class SecretClient(Client):
    """A client of S3 that signs with a provider's own keys."""

    def __init__(
        self, secret: ProviderSecret, connections: Connections, sleep: Callable[[float], None]
    ) -> None:
        super().__init__("s3", SecretKeys(secret), connections, sleep=sleep)
        self._secret = secret

    def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
        answer = super().send
        return self._secret.accepted(lambda: answer(request, region, receive))


class SecretKeys:
    """The keys in a provider's secret."""

    def __init__(self, secret: ProviderSecret) -> None:
        self._secret = secret

    def get(self) -> Credentials:
        parts = self._secret.get()
        return Credentials(parts["access_key"], parts["secret_key"])
