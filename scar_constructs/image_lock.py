"""Writing the lock file of images, and building the images that stand in it by their digests.

`python -m scar_constructs.image_lock PATH...` writes `images.lock.yaml` into this folder for the
images of YAML files, and writes it anew when tags are to move on. Its form is in `fdl.lock`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from scar_constructs.defaults import HELPER_IMAGE, RUNTIME_IMAGE
from scar_constructs.fdl import FdlError, load_application
from scar_constructs.fdl.lock import LOCK_FILE, ImageConfig, Lock, LockedImage, document_of
from scar_constructs.fdl.models import Architecture, Function
from scar_constructs.fdl.saved_image import PROCESSORS
from scar_constructs.fdl.workflow import Application
from scar_constructs.registry import RegistryError, inspect
from scar_constructs.terminal import say

_HEAD = "# Made by `python -m scar_constructs.image_lock`; commit it with the YAML files.\n"

Wanted = Mapping[str, frozenset[Architecture]]
"""Images, and for which processors it is to be found out what they run."""


def pin(image: str, lock: Lock) -> str:
    """The image by its digest, if the lock has one and the name does not."""
    return f"{image}@{lock[image].digest}" if image in lock and "@" not in image else image


def pin_all(application: Application, lock: Lock) -> Application:
    """The application with the images of all functions pinned."""

    def pinned(function: Function) -> Function:
        return function.model_copy(update={"image": pin(function.image, lock)})

    stacks = tuple(
        stack.model_copy(update={"functions": tuple(pinned(one) for one in stack.functions)})
        for stack in application.stacks
    )
    return application.model_copy(update={"stacks": stacks})


def render(lock: Lock) -> str:
    """The file's text: sorted, so that a difference shows what moved."""
    document = {"images": document_of(lock)}
    return _HEAD + yaml.safe_dump(document, sort_keys=True, width=1_000, allow_unicode=True)


def locked(
    wanted: Wanted, ask: Callable[[str, frozenset[str]], tuple[str, Mapping[str, ImageConfig]]]
) -> Lock:
    """What a registry tells of images: of those that are named by tags, and of those whose
    programs are wanted."""
    lock = {}
    for image, architectures in sorted(wanted.items()):
        if not image or ("@" in image and not architectures):
            continue
        digest, found = ask(image, frozenset(PROCESSORS[one] for one in architectures))
        configs = {one: found[PROCESSORS[one]] for one in architectures}
        lock[image] = LockedImage(digest=digest, configs=configs)
    return lock


def images_of(application: Application) -> Wanted:
    """What is pulled to build the functions, or to run what nothing is built for; ready images are
    named by whoever pushed them."""
    functions = [one for stack in application.stacks for one in stack.functions]
    wanted: dict[str, frozenset[Architecture]] = {RUNTIME_IMAGE: frozenset()}
    if any(not one.build for one in functions):
        wanted[HELPER_IMAGE] = frozenset()
    for one in functions:
        if one.create_image:
            wanted[one.image] = wanted.get(one.image, frozenset()) | {one.architecture}
    return wanted


def main(arguments: Sequence[str]) -> int:
    """Write the lock file of YAML files into this folder; the exit code."""
    wanted = bool(arguments) and arguments[0] in ("-h", "--help")
    if wanted or not arguments:
        usage = "usage: python -m scar_constructs.image_lock PATH..."
        say(usage, sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    try:
        application = load_application([Path(one) for one in arguments], lock=None).application
        lock = locked(images_of(application), inspect)
    except (FdlError, RegistryError) as fault:
        say(fault)
        return 1
    LOCK_FILE.write_text(render(lock), encoding="utf-8")
    say(f"{len(lock)} images in {LOCK_FILE}", sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
