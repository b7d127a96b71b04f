"""What a tag stands for today, asked of its registry.

https://distribution.github.io/distribution/spec/api/
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import cast

DEFAULT_REGISTRY = "registry-1.docker.io"
DOCKER_HUB = ("docker.io", "index.docker.io")
LOCAL = ("localhost", "127.0.0.1")
TIMEOUT_SECONDS = 30
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """A registry does not tell a digest; the text names the image."""


@dataclass(frozen=True)
class Reference:
    """An image's name, taken apart as `docker pull` does."""

    registry: str
    repository: str
    tag: str

    @property
    def url(self) -> str:
        scheme = "http" if self.registry.partition(":")[0] in LOCAL else "https"
        return f"{scheme}://{self.registry}/v2/{self.repository}/manifests/{self.tag}"


def reference(image: str) -> Reference:
    """`debian` is `registry-1.docker.io`, `library/debian`, `latest`."""
    name, _, digest = image.partition("@")
    host, slash, rest = name.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = DEFAULT_REGISTRY, name
    if host in DOCKER_HUB:
        host = DEFAULT_REGISTRY
    repository, _, tag = rest.partition(":")
    if host == DEFAULT_REGISTRY and "/" not in repository:
        repository = f"library/{repository}"
    return Reference(host, repository, digest or tag or "latest")


def digest_of(image: str) -> str:
    """The digest of a public image, of all its platforms together. Raises RegistryError."""
    wanted = reference(image)
    try:
        try:
            return _ask(wanted, {})
        except urllib.error.HTTPError as refusal:
            challenge = refusal.headers.get("WWW-Authenticate", "")
            if refusal.code != 401 or not challenge.startswith("Bearer "):
                raise
            return _ask(wanted, {"Authorization": f"Bearer {_token(challenge)}"})
    except (OSError, ValueError, KeyError) as error:
        raise RegistryError(f"{image}: {wanted.registry} does not tell: {error}") from error


def _ask(wanted: Reference, headers: dict[str, str]) -> str:
    asked = {"Accept": ", ".join(MANIFESTS), **headers}
    with _open(wanted.url, "HEAD", asked) as answer:
        digest = answer.headers.get("Docker-Content-Digest", "")
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"no digest but {digest!r}")
    return str(digest)


def _token(challenge: str) -> str:
    """A token for whoever asks, from where the registry's challenge says."""
    parameters = dict(_PARAMETER.findall(challenge))
    query = {name: parameters[name] for name in ("service", "scope") if name in parameters}
    url = f"{parameters['realm']}?{urllib.parse.urlencode(query)}"
    with _open(url, "GET", {}) as answer:
        content = json.load(answer)
    return str(content.get("token") or content["access_token"])


def _open(url: str, method: str, headers: dict[str, str]) -> HTTPResponse:
    """Ask a web server; a registry may not send us to a file of this machine."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an address on the web: {url}")
    request = urllib.request.Request(url, method=method, headers=headers)  # noqa: S310  (above)
    answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310  (above)
    return cast(HTTPResponse, answer)
