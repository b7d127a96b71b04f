"""An image that was saved to a file: finding it there, without reading its layers.

`docker save` and `podman save` write a tar with `manifest.json`, the form of Docker's archives;
other tools write an OCI layout with `index.json`, and newer versions of Docker write both:
https://github.com/moby/docker-image-spec/blob/main/spec.md
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from scar_constructs.language.archive import (
    DOCUMENT_MAX_BYTES,
    UNREADABLE,
    ImageFileError,
    compression_of,
    damaged,
    members_of,
    opened,
)
from scar_constructs.model import Architecture

Json = Mapping[str, Any]

PROCESSORS = {Architecture.X86_64: "amd64", Architecture.ARM64: "arm64"}
PUSH = "push the image to a registry and name it in `image`"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"""[^\s="'\\$#`]+""")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
_IN_A_VALUE = re.compile(r"[\0\r\n]")
"""What no builder takes in the value of a variable or label."""
_IN_A_WORD = re.compile(r"\0")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ATTESTATION = "vnd.docker.reference.type"
_NESTING = 3


@dataclass(frozen=True)
class Layer:
    """One layer: its name in the file, and the digest of its tar when it is not compressed."""

    member: str
    digest: str


@dataclass(frozen=True)
class ImageSettings:
    """What an image says of its programs; empty where it says nothing."""

    environment: Mapping[str, str]
    labels: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    folder: str
    user: str
    stop_signal: str


@dataclass(frozen=True)
class SavedImage:
    """The image of a file; the lowest layer is the first.

    `identity` is the digest of its configuration, which names all layers by their digests.
    """

    identity: str
    layers: tuple[Layer, ...]
    settings: ImageSettings


def find_image(path: Path, architecture: Architecture) -> SavedImage:
    """The one image in the file for this processor. Raises ImageFileError."""
    with opened(path) as archive:
        try:
            return _image(_Members(archive), PROCESSORS[architecture])
        except UNREADABLE as error:
            raise damaged(str(error) or type(error).__name__) from error


def _image(members: _Members, processor: str) -> SavedImage:
    if "manifest.json" in members:
        config, layers = _of_docker(members)
    elif "index.json" in members:
        config, layers = _of_oci(members, processor)
    else:
        raise ImageFileError("must hold a saved image, and the tar holds none")
    document = _mapping(members.document(config), config)
    _check_platform(document, processor)
    digests = _texts(_mapping(document.get("rootfs"), config).get("diff_ids"), config)
    if len(digests) != len(layers):
        raise damaged(f"it tells of {len(digests)} layers and has {len(layers)}")
    for layer in layers:
        _check_layer(members, layer)
    return SavedImage(
        identity=hashlib.sha256(members.content(config)).hexdigest(),
        layers=tuple(Layer(*one) for one in zip(layers, digests, strict=True)),
        settings=_settings(_mapping(document.get("config") or {}, config)),
    )


def _settings(config: Json) -> ImageSettings:
    """https://github.com/opencontainers/image-spec/blob/main/config.md"""
    name = "the image's configuration"
    variables = [one.partition("=") for one in _texts(config.get("Env"), name)]
    labels = _mapping(config.get("Labels") or {}, name)
    environment = {key: value for key, _, value in variables}
    for key, value in [*environment.items(), *labels.items()]:
        if not _NAME.fullmatch(key):
            raise _unsayable(f"variable or label {key}")
        _said(_text(value, name), _IN_A_VALUE, f"variable or label {key}")
    for key in ("Entrypoint", "Cmd"):
        for word in _texts(config.get(key), name):
            _said(word, _IN_A_WORD, key)
    for key in ("WorkingDir", "User", "StopSignal"):
        _said(_text(config.get(key) or "", name), _CONTROL, key)
    return ImageSettings(
        environment=environment,
        labels=labels,
        entrypoint=_texts(config.get("Entrypoint"), name),
        command=_texts(config.get("Cmd"), name),
        folder=_text(config.get("WorkingDir") or "", name),
        user=_text(config.get("User") or "", name),
        stop_signal=_text(config.get("StopSignal") or "", name),
    )


def _said(text: str, refused: re.Pattern[str], what: str) -> None:
    """Raises ImageFileError where a line of a Dockerfile would end, or be no text."""
    if refused.search(text) or _SURROGATE.search(text) or _SURROGATE.search(what):
        raise _unsayable(what)


def _unsayable(what: str) -> ImageFileError:
    message = f"has a setting that no Dockerfile can say: {what}"
    return ImageFileError(message, PUSH)


class _Members:
    """The tar's members by name."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._names = {_plain(member.name): member for member in members_of(archive)}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def stream(self, name: str) -> IO[bytes]:
        """The content of a member, through links inside of the tar."""
        try:
            found = self._archive.extractfile(self._names[_plain(name)])
        except KeyError:
            found = None
        if found is None:
            raise damaged(f"{name} is missing")
        return found

    def content(self, name: str) -> bytes:
        """A small member."""
        with self.stream(name) as stream:
            return stream.read(DOCUMENT_MAX_BYTES)

    def document(self, name: str) -> object:
        """A member as JSON."""
        try:
            return json.loads(self.content(name))
        except (ValueError, RecursionError) as error:
            raise damaged(f"{name} is not JSON") from error


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _mapping(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise damaged(f"{name} is not as it should be")
    return value


def _list(value: object, name: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise damaged(f"{name} is not as it should be")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(_text(one, name) for one in _list(value or [], name))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise damaged(f"{name} is not as it should be")
    return value


def _one(found: Sequence[Json]) -> Json:
    if not found:
        raise ImageFileError("must hold a saved image, and the tar holds none")
    if len(found) > 1:
        raise ImageFileError(f"must hold one image, and the tar holds {len(found)}")
    return found[0]


def _of_docker(members: _Members) -> tuple[str, list[str]]:
    """The members with the configuration and with the layers, by `manifest.json`."""
    name = "manifest.json"
    entry = _one([_mapping(one, name) for one in _list(members.document(name), name)])
    return _text(entry.get("Config"), name), list(_texts(entry.get("Layers"), name))


def _of_oci(members: _Members, processor: str) -> tuple[str, list[str]]:
    """The same by `index.json`: an index of manifests, or of indexes with one per platform."""
    manifest = _one(list(_manifests(members, "index.json", processor, _NESTING)))
    name = "the manifest"
    layers = [_blob(_mapping(one, name)) for one in _list(manifest.get("layers"), name)]
    return _blob(_mapping(manifest.get("config"), name)), layers


def _manifests(members: _Members, name: str, processor: str, depth: int) -> Iterator[Json]:
    """The manifests for the processor that an index leads to.

    Of several that name their platforms, those of others are left out; one that stands alone is
    held against the processor later, with a message of its own.
    """
    index = _mapping(members.document(name), name)
    entries = [_mapping(one, name) for one in _list(index.get("manifests"), name)]
    images = [one for one in entries if _ATTESTATION not in (one.get("annotations") or {})]
    fitting = [one for one in images if _platform(one).get("architecture", processor) == processor]
    for entry in fitting if len(images) > 1 else images:
        blob = _blob(entry)
        document = _mapping(members.document(blob), blob)
        if "manifests" not in document:
            yield document
        elif depth:
            yield from _manifests(members, blob, processor, depth - 1)


def _platform(entry: Json) -> Json:
    return _mapping(entry.get("platform") or {}, "the index")


def _blob(descriptor: Json) -> str:
    digest = _text(descriptor.get("digest"), "a digest")
    if not _DIGEST.fullmatch(digest):
        raise damaged(f"{digest} is not a digest")
    return f"blobs/{digest.replace(':', '/')}"


def _check_platform(document: Json, processor: str) -> None:
    system, found = document.get("os", "linux"), document.get("architecture", processor)
    if system != "linux":
        raise ImageFileError(f"must be an image for Linux, and it is one for {system}")
    if found != processor:
        kinds = {name: kind for kind, name in PROCESSORS.items()}
        fix = f"save one with `docker pull --platform linux/{processor}` first"
        if found in kinds:
            fix = f"write `architectures: [{kinds[found].value}]`, or {fix}"
        raise ImageFileError(f"must be an image for {processor}, and it is one for {found}", fix)


def _check_layer(members: _Members, name: str) -> None:
    with members.stream(name) as stream:
        compression = compression_of(stream)
    if compression not in ("", "gzip"):
        message = f"has layers that are compressed with {compression}, which cannot be read here"
        raise ImageFileError(message, PUSH)
