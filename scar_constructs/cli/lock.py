"""`scar lock`: write the lock file of images."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scar_constructs.cli import options
from scar_constructs.errors import file_faults_told
from scar_constructs.images.lock_file import images_of, locked, render
from scar_constructs.images.registry import inspect
from scar_constructs.language import load_application
from scar_constructs.language.lock import LOCK_FILE
from scar_constructs.terminal import say


@click.command(epilog="Example: scar lock examples/hello")
@options.paths
def lock(paths: tuple[Path, ...]) -> None:
    """Ask the registries of the images of the files at PATHS for their digests and for what they
    run, and write images.lock.yaml into this folder.

    Commit it with the YAML files; run this again when tags are to move on.
    """
    application = load_application(paths, lock=None).application
    found = locked(images_of(application), inspect)
    with file_faults_told():
        LOCK_FILE.write_text(render(found), encoding="utf-8")
    say(f"{len(found)} images in {LOCK_FILE}", sys.stdout)
