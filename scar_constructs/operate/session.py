"""The account and region in which a command acts, with clients of its services."""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3
from botocore.config import Config

from scar_constructs.errors import UserError
from scar_constructs.operate.faults import NO_REGION

_CONFIG = Config(
    retries={"mode": "standard"},
    connect_timeout=10,
    read_timeout=70,
    max_pool_connections=32,
)


class Session:
    """Clients by the usual variables and profiles, or what is given over them.

    `endpoint_url` is where all services answer, such as that of a local cloud. Raises botocore's
    error for a profile that does not exist.
    """

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        # boto3 itself knows only the older of the two names.
        region = region or os.environ.get("AWS_REGION")
        self._session = boto3.Session(profile_name=profile, region_name=region)
        self._profile = profile
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """Raises `UserError` where none is set."""
        if not self._session.region_name:
            raise UserError(NO_REGION)
        return str(self._session.region_name)

    @property
    def profile(self) -> str | None:
        """The one that was given; None for that of the variables."""
        return self._profile

    @property
    def variables(self) -> dict[str, str]:
        """What brings another program to the same region and address."""
        given = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return {**given, **({"AWS_ENDPOINT_URL": self._endpoint_url} if self._endpoint_url else {})}

    @property
    def credentials(self) -> Any:
        """As botocore signs with them; None where there are none."""
        return self._session.get_credentials()

    def client(self, service: str, config: Config | None = None) -> Any:
        """The one client of a service, for all threads; `config` makes one of its own. Raises
        `UserError` without a region."""
        if config is not None:
            return self._new(service, _CONFIG.merge(config))
        with self._lock:  # making clients is not safe between threads; using them is
            if service not in self._clients:
                self._clients[service] = self._new(service, _CONFIG)
            return self._clients[service]

    def _new(self, service: str, config: Config) -> Any:
        return self._session.client(
            service, self.region, endpoint_url=self._endpoint_url, config=config
        )
