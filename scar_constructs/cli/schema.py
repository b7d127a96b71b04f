"""`scar schema`: the language as JSON Schema."""

from __future__ import annotations

import click

from scar_constructs.language.reference.schema import render_schema
from scar_constructs.terminal import put


@click.command(epilog="Example: scar schema > functions.schema.json")
def schema() -> None:
    """Print the JSON Schema of the files, for editors.

    The first line `# yaml-language-server: $schema=functions.schema.json` of a YAML file names it.
    """
    put(render_schema())
