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
from pathlib import Path

import yaml
from pydantic import ValidationError

from scar_constructs.errors import UserError
from scar_constructs.model import Architecture, Command, Model

LOCK_FILE = Path("images.lock.yaml")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ImageConfig(Model):
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


class LockedImage(Model):
    """An image's digest, which is that of all its platforms together, and its configuration for
    each of our processors that somebody asked for."""

    digest: str
    configs: Mapping[Architecture, ImageConfig] = {}


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
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockError(f"{path}: must be a mapping `images` of names to digests") from error
    return {name: _locked(name, entry, path) for name, entry in entries}


def _locked(name: str, entry: object, path: Path) -> LockedImage:
    """An entry: a digest alone, or with configurations by processor."""
    parts = dict(entry) if isinstance(entry, Mapping) else {"digest": entry}
    digest = parts.pop("digest", None)
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise LockError(f"{path}: the digest of {name} must be sha256:..., got {digest!r}")
    try:
        return LockedImage(digest=digest, configs=parts)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise LockError(f"{path}: {name}: {place}: {first['msg'].lower()}") from error


def document_of(lock: Lock) -> dict[str, object]:
    """What the file holds."""
    return {
        name: {
            "digest": image.digest,
            **{
                processor.value: config.model_dump(mode="json")
                for processor, config in sorted(image.configs.items())
            },
        }
        if image.configs
        else image.digest
        for name, image in lock.items()
    }
