"""Writing the lock file of images, and building the images that stand in it by their digests.

The form of the file is in `language.lock`; `scar lock` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import yaml

from scar_constructs.language.lock import ImageConfig, Lock, LockedImage, document_of
from scar_constructs.language.saved_image import PROCESSORS
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import Architecture, Function
from scar_constructs.model.limits import HELPER_IMAGE, RUNTIME_IMAGE

_HEAD = "# Made by `scar lock`; commit it with the YAML files.\n"

Wanted = Mapping[str, frozenset[Architecture]]
"""Images, and for which processors it is to be found out what they run."""


def pin(image: str, lock: Lock) -> str:
    """The image by its digest, if the lock has one and the name does not."""
    return f"{image}@{lock[image].digest}" if image in lock and "@" not in image else image


def pin_all(application: Application, lock: Lock) -> Application:
    """The application with the images of all functions pinned."""

    def pinned(function: Function) -> Function:
        return replace(function, image=pin(function.image, lock))

    stacks = tuple(
        replace(stack, functions=tuple(pinned(one) for one in stack.functions))
        for stack in application.stacks
    )
    return replace(application, stacks=stacks)


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
