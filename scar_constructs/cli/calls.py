"""What `scar invoke` and `scar run` share: their options, the function, and what was printed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scar_constructs.cli.named_functions import names_of

name_option = click.option("-n", "--name", metavar="FUNCTION", help="the function")
file_option = click.option(
    "-f",
    "--conf-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="the file that has it",
)
later_option = click.option(
    "-a", "--asynchronous", is_flag=True, help="do not wait for the function"
)
output_option = click.option(
    "-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), help="save the output"
)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def one_function(name: str | None, file: Path | None) -> str:
    """The one function that is meant."""
    if name is not None and file is not None:
        known = names_of(None, file)
        if name not in known:
            raise click.UsageError(f"{file} has no function {name}; it has {', '.join(known)}")
        return name
    names = names_of(name, file)
    if len(names) > 1:
        raise click.UsageError(
            f"{file} has several functions: add -n with one of {', '.join(names)}"
        )
    return names[0]


def write_output(content: bytes, file: Path | None) -> None:
    """To a file as it is; on a terminal, what a script printed is data."""
    from scar_constructs.terminal import put, visible_lines

    if file is not None:
        file.write_bytes(content)
    elif sys.stdout.isatty():
        put(visible_lines(content.decode(errors="replace")))
    else:
        sys.stdout.buffer.write(content)
