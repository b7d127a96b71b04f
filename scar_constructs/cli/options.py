"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from scar_constructs.cli.session import as_json as as_json
from scar_constructs.language.lock import LOCK_FILE

paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
"""YAML files, or folders of them."""

defaults = click.option(
    "--defaults",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="scar.cfg, or YAML of the same form, merged under every function",
)
images_lock = click.option(
    "--images-lock",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help=f"digests of images; default: {LOCK_FILE} in this folder",
)
untrusted = click.option(
    "--untrusted",
    is_flag=True,
    help="for files of somebody else: refuse what they take from outside of their folder",
)
