"""The lock file of images: which bytes a tag stood for when somebody last looked.

A tag can move between two deployments; a digest cannot. `images.lock.yaml` in the folder of the
call (or `-c images_lock=PATH`) names digests, and images that stand in it are built and run by
them:

    images:
      debian:trixie-slim: sha256:...

`python -m scar_constructs.image_lock PATH...` writes it for the images of YAML files, and writes it
anew when tags are to move on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from scar_constructs.defaults import HELPER_IMAGE, RUNTIME_IMAGE
from scar_constructs.fdl import FdlError, load_application
from scar_constructs.fdl.models import Function
from scar_constructs.fdl.workflow import Application
from scar_constructs.registry import RegistryError, digest_of

LOCK_FILE = Path("images.lock.yaml")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEAD = "# Made by `python -m scar_constructs.image_lock`; commit it with the YAML files.\n"


class LockError(Exception):
    """The lock file cannot be used; the text names it."""


def read_lock(path: Path) -> Mapping[str, str]:
    """Image -> digest. Raises LockError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        images = document["images"]
        pairs = [(str(name), str(digest)) for name, digest in images.items()]
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockError(f"{path}: must be a mapping `images` of names to digests") from error
    for name, digest in pairs:
        if not _DIGEST.fullmatch(digest):
            raise LockError(f"{path}: the digest of {name} must be sha256:..., got {digest!r}")
    return dict(pairs)


def pin(image: str, lock: Mapping[str, str]) -> str:
    """The image by its digest, if the lock has one and the name does not."""
    return f"{image}@{lock[image]}" if image in lock and "@" not in image else image


def pin_all(application: Application, lock: Mapping[str, str]) -> Application:
    """The application with the images of all functions pinned."""

    def pinned(function: Function) -> Function:
        return function.model_copy(update={"image": pin(function.image, lock)})

    stacks = tuple(
        stack.model_copy(update={"functions": tuple(pinned(one) for one in stack.functions)})
        for stack in application.stacks
    )
    return application.model_copy(update={"stacks": stacks})


def render(lock: Mapping[str, str]) -> str:
    """The file's text: sorted, so that a difference shows what moved."""
    return _HEAD + yaml.safe_dump({"images": dict(lock)}, sort_keys=True, width=1_000)


def locked(images: Iterable[str], digest: Callable[[str], str]) -> Mapping[str, str]:
    """Digests for all images that are named by tags."""
    return {image: digest(image) for image in sorted(set(images)) if image and "@" not in image}


def images_of(application: Application) -> set[str]:
    """What is pulled to build the functions, or to run what nothing is built for; ready images are
    named by whoever pushed them."""
    functions = [one for stack in application.stacks for one in stack.functions]
    helpers = {HELPER_IMAGE for one in functions if not one.build}
    return {RUNTIME_IMAGE} | helpers | {one.image for one in functions if one.create_image}


def main(arguments: Sequence[str]) -> int:
    """Write the lock file of YAML files into this folder; the exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m scar_constructs.image_lock PATH...", file=sys.stderr)
        return 2
    try:
        application = load_application([Path(one) for one in arguments]).application
        lock = locked(images_of(application), digest_of)
    except (FdlError, RegistryError) as fault:
        print(fault, file=sys.stderr)
        return 1
    LOCK_FILE.write_text(render(lock), encoding="utf-8")
    print(f"{len(lock)} images in {LOCK_FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
