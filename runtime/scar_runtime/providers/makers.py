"""From the configuration of a storage provider to its store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from scar_runtime.aws.client import Client
from scar_runtime.aws.connections import Connections
from scar_runtime.aws.s3 import S3
from scar_runtime.aws.secrets import Values
from scar_runtime.config import Provider
from scar_runtime.errors import ConfigError
from scar_runtime.providers import onedata, s3, webdav
from scar_runtime.providers.secret import ProviderSecret
from scar_runtime.providers.store import Store
from scar_runtime.providers.web import Authorization, Web
from scar_runtime.storage import Storage


@dataclass(frozen=True)
class Means:
    """What stores are made with: S3 as the function's own role sees it, secrets, and connections
    with and without a check of the other end's certificate."""

    own: S3
    region: str
    s3_url: str | None
    values: Values
    verified: Connections
    unverified: Connections
    warn: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep

    def connections(self, provider: Provider) -> Connections:
        return self.verified if provider.verify else self.unverified


def _secret(provider: Provider, means: Means, parts: tuple[str, ...]) -> ProviderSecret:
    if provider.secret is None:
        raise ConfigError(f"the storage provider {provider.name} has no secret")
    return ProviderSecret(provider.name, provider.secret, parts, means.values)


def _s3(provider: Provider, means: Means) -> Store:
    """Without a secret, the function's own role asks; the bucket's policy lets it."""
    region = provider.region or means.region
    if provider.secret is None:
        s3_there = means.own.in_region(region)
    else:
        s3_there = S3(_client(provider, means), region, means.s3_url)
    return Storage(s3_there, f"{provider.name}:", means.warn)


def _minio(provider: Provider, means: Means) -> Store:
    region = provider.region or s3.REGION
    s3_there = S3(_client(provider, means), region, _url(provider))
    return Storage(s3_there, f"{provider.name}:", means.warn)


def _client(provider: Provider, means: Means) -> Client:
    secret = _secret(provider, means, s3.PARTS)
    return s3.SecretClient(secret, means.connections(provider), means.sleep)


def _webdav(provider: Provider, means: Means) -> Store:
    url = _url(provider)
    return webdav.WebDav(_web(provider, means, url, webdav.PARTS, webdav.authorize))


def _onedata(provider: Provider, means: Means) -> Store:
    if not provider.space:
        raise ConfigError(f"the storage provider {provider.name} has no space")
    url = onedata.space_url(_url(provider), provider.space)
    return onedata.Onedata(_web(provider, means, url, onedata.PARTS, onedata.authorize))


def _url(provider: Provider) -> str:
    if not provider.endpoint:
        raise ConfigError(f"the storage provider {provider.name} has no endpoint")
    return provider.endpoint


def _web(
    provider: Provider,
    means: Means,
    url: str,
    parts: tuple[str, ...],
    authorize: Authorization,
) -> Web:
    secret = _secret(provider, means, parts)
    return Web(provider.name, url, secret, authorize, means.connections(provider), means.sleep)


KINDS: Mapping[str, Callable[[Provider, Means], Store]] = {
    "s3": _s3,
    "minio": _minio,
    "webdav": _webdav,
    "onedata": _onedata,
}


def makers(providers: tuple[Provider, ...], means: Means) -> dict[str, Callable[[], Store]]:
    """What makes the store of each provider. Raises `ConfigError` for an unknown kind."""
    for provider in providers:
        if provider.kind not in KINDS:
            raise ConfigError(
                f"the storage provider {provider.name} is of the unknown kind {provider.kind!r}"
            )
    return {provider.name: partial(KINDS[provider.kind], provider, means) for provider in providers}
