"""`scar config`: the document that is packaged with a function."""

from __future__ import annotations

from pathlib import Path

import click

from scar_constructs.cli import options
from scar_constructs.cli.functions import named
from scar_constructs.language import load_application, runtime_config
from scar_constructs.language.lock import find_lock
from scar_constructs.terminal import put


@click.command(epilog="Example: scar config examples/hello hello-count")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("function")
@options.defaults
@options.images_lock
def config(path: Path, function: str, defaults: Path | None, images_lock: Path | None) -> None:
    """Print the configuration that the runtime reads, of the FUNCTION in the files at PATH."""
    loaded = load_application([path], defaults, lock=find_lock(images_lock))
    put(runtime_config.render(named(loaded.application, function)[1]))
