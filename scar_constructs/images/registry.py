"""What an image's name stands for today, asked of its registry: its digest, and what it runs.

https://distribution.github.io/distribution/spec/api/
"""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

from scar_constructs.errors import UserError
from scar_constructs.language.lock import ImageConfig

DEFAULT_REGISTRY = "registry-1.docker.io"
_OF_A_DOCUMENT = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading an answer of another form, or one without end, ends with."""
_FAULTS = (OSError, HTTPException, *_OF_A_DOCUMENT)
DOCKER_HUB = ("docker.io", "index.docker.io")
LOCAL = ("localhost", "127.0.0.1")
TIMEOUT_SECONDS = 30
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_DOCUMENT_MAX_BYTES = 8_388_608
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(UserError):
    """A registry does not tell of an image; the text names the image."""


@dataclass(frozen=True)
class Reference:
    """An image's name, taken apart as `docker pull` does."""

    registry: str
    repository: str
    tag: str

    def url(self, kind: str, name: str) -> str:
        """Where a manifest (by tag or digest) or a blob is."""
        scheme = "http" if self.registry.partition(":")[0] in LOCAL else "https"
        return f"{scheme}://{self.registry}/v2/{self.repository}/{kind}/{name}"


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


def inspect(
    image: str, processors: frozenset[str] = frozenset()
) -> tuple[str, Mapping[str, ImageConfig]]:
    """The digest of a public image, of all its platforms together, and what it runs on each of the
    processors (`amd64`, `arm64`). Raises RegistryError."""
    wanted = reference(image)
    registry = _Registry(wanted)
    try:
        digest = registry.digest()
        return digest, {one: registry.config(digest, one) for one in sorted(processors)}
    except _FAULTS as error:
        raise RegistryError(f"{image}: {wanted.registry} does not tell: {error}") from error


@dataclass
class _Registry:
    """The registry of one image. What it gives is held against the digest that it was asked by."""

    image: Reference
    _headers: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        asked = self.image.url("manifests", self.image.tag)
        with self._ask(asked, "HEAD", ", ".join(MANIFESTS)) as answer:
            digest = str(answer.headers.get("Docker-Content-Digest", ""))
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"no digest but {digest!r}")
        return digest

    def config(self, digest: str, processor: str) -> ImageConfig:
        manifest = self._document("manifests", digest)
        if "manifests" in manifest:
            manifest = self._document("manifests", _of_platform(manifest, processor))
        document = self._document("blobs", manifest["config"]["digest"])
        if document.get("architecture", processor) != processor:
            raise ValueError(f"an image for {document['architecture']}, not for {processor}")
        return _config(document.get("config") or {})

    def _document(self, kind: str, digest: str) -> dict[str, Any]:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"no digest but {digest!r}")
        accepted = ", ".join(MANIFESTS) if kind == "manifests" else "*/*"
        with self._ask(self.image.url(kind, digest), "GET", accepted) as answer:
            content = answer.read(_DOCUMENT_MAX_BYTES + 1)
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise ValueError(f"{digest} is not what it gave")
        document = json.loads(content)
        if not isinstance(document, dict):
            raise ValueError(f"{digest} is no JSON object")
        return document

    def _ask(self, url: str, method: str, accepted: str) -> HTTPResponse:
        try:
            return _open(url, method, {"Accept": accepted}, self._headers)
        except urllib.error.HTTPError as refusal:
            challenge = refusal.headers.get("WWW-Authenticate", "")
            if refusal.code != 401 or not challenge.startswith("Bearer ") or self._headers:
                raise
        self._headers["Authorization"] = f"Bearer {_token(challenge)}"
        return _open(url, method, {"Accept": accepted}, self._headers)


def _of_platform(index: Mapping[str, Any], processor: str) -> str:
    """The digest of the manifest for Linux on the processor."""
    for entry in index["manifests"]:
        platform = entry.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == ("linux", processor):
            return str(entry["digest"])
    raise ValueError(f"no image for linux/{processor}")


def _config(config: Mapping[str, Any]) -> ImageConfig:
    """https://github.com/opencontainers/image-spec/blob/main/config.md"""
    return ImageConfig(
        entrypoint=_words(config.get("Entrypoint")),
        command=_words(config.get("Cmd")),
        working_dir=str(config.get("WorkingDir") or ""),
        user=str(config.get("User") or ""),
    )


def _words(found: object) -> tuple[str, ...]:
    words = [] if found is None else found
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("its configuration is not as it should be")
    return tuple(words)


def _token(challenge: str) -> str:
    """A token for whoever asks, from where the registry's challenge says."""
    parameters = dict(_PARAMETER.findall(challenge))
    query = {name: parameters[name] for name in ("service", "scope") if name in parameters}
    url = f"{parameters['realm']}?{urllib.parse.urlencode(query)}"
    with _open(url, "GET", {}, {}) as answer:
        content = json.load(answer)
    return str(content.get("token") or content["access_token"])


def _open(
    url: str, method: str, headers: Mapping[str, str], credentials: Mapping[str, str]
) -> HTTPResponse:
    """Ask a web server; a registry may not send us to a file of this machine. Credentials stay with
    the server: blobs are mostly elsewhere."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an address on the web: {url}")
    request = urllib.request.Request(url, method=method, headers=dict(headers))  # noqa: S310  (above)
    for name, value in credentials.items():
        request.add_unredirected_header(name, value)
    answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310  (above)
    return cast(HTTPResponse, answer)
