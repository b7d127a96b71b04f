"""The lock file of images: which bytes a tag stood for when somebody last looked, and what runs.

A tag can move between two deployments; a digest cannot. `images.lock.yaml` in the folder of the
call, or the file that is given in its place, has digests, and what the images run, which is not to
be found out at synth without a network:

    images:
      debian:trixie-slim: sha256:...
      grycap/cowsay:
        digest: sha256:...
        x86_64: {entrypoint: [], command: [cowsay, moo], working_dir: '', user: ''}

`scar_constructs.images.lock_file` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

from scar_constructs.errors import UserError
from scar_constructs.model import Architecture, Command

LOCK_FILE = Path("images.lock.yaml")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NO_MAPPING = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading another document ends with; one may go deeper than Python."""
_PROCESSORS = [one.value for one in Architecture]
_LISTS = ("entrypoint", "command")


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What an image says of its program; empty where it says nothing.

    https://github.com/opencontainers/image-spec/blob/main/config.md
    """

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    working_dir: str
    user: str

    @property
    def runs(self) -> Command:
        return Command(entrypoint=self.entrypoint, command=self.command)


@dataclass(frozen=True, kw_only=True)
class LockedImage:
    """An image's digest, which is that of all its platforms together, and its configuration for
    each of our processors that somebody asked for."""

    digest: str
    configs: Mapping[Architecture, ImageConfig] = field(default_factory=dict)


Lock = Mapping[str, LockedImage]
"""By the name of the image, as the YAML files have it."""
NO_LOCK: Lock = {}


class LockError(UserError):
    """The lock file cannot be used; the text names it."""


def find_lock(given: Path | None = None) -> Lock:
    """The given lock file, or the one in this folder, if there is one. Raises LockError."""
    if given is None and not LOCK_FILE.is_file():
        return NO_LOCK
    return read_lock(given or LOCK_FILE)


def read_lock(path: Path) -> Lock:
    """Raises LockError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = [(str(name), entry) for name, entry in document["images"].items()]
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, *_NO_MAPPING) as error:
        raise LockError(f"{path}: must be a mapping `images` of names to digests") from error
    return {name: _locked(name, entry, path) for name, entry in entries}


def _locked(name: str, entry: object, path: Path) -> LockedImage:
    """An entry: a digest alone, or with configurations by processor."""
    parts = dict(entry) if isinstance(entry, Mapping) else {"digest": entry}
    digest = parts.pop("digest", None)
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise LockError(f"{path}: the digest of {name} must be sha256:..., got {digest!r}")
    configs = {}
    for processor, config in parts.items():
        if processor not in _PROCESSORS:
            known = ", ".join(_PROCESSORS)
            raise LockError(f"{path}: {name}: {processor}: must be one of {known}")
        configs[Architecture(processor)] = _config(config, f"{path}: {name}: {processor}")
    return LockedImage(digest=digest, configs=configs)


def _config(entry: object, place: str) -> ImageConfig:
    """Of one processor; all four fields, and nothing else."""
    if not isinstance(entry, Mapping):
        raise LockError(f"{place}: must be a mapping")
    names = [one.name for one in fields(ImageConfig)]
    if unknown := [str(name) for name in entry if name not in names]:
        raise LockError(f"{place}.{unknown[0]}: is not a known field")
    for name in names:
        if name not in entry:
            raise LockError(f"{place}.{name}: field required")
        if name in _LISTS and not _is_words(entry[name]):
            raise LockError(f"{place}.{name}: must be a list of text")
        if name not in _LISTS and not isinstance(entry[name], str):
            raise LockError(f"{place}.{name}: must be text")
    return ImageConfig(
        entrypoint=tuple(entry["entrypoint"]),
        command=tuple(entry["command"]),
        working_dir=entry["working_dir"],
        user=entry["user"],
    )


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def document_of(lock: Lock) -> dict[str, object]:
    """What the file holds."""
    return {
        name: {
            "digest": image.digest,
            **{
                processor.value: _document(config)
                for processor, config in sorted(image.configs.items())
            },
        }
        if image.configs
        else image.digest
        for name, image in lock.items()
    }


def _document(config: ImageConfig) -> dict[str, object]:
    words = {name: list(getattr(config, name)) for name in _LISTS}
    return {**words, "working_dir": config.working_dir, "user": config.user}
