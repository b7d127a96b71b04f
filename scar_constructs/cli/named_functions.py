"""Functions by SCAR's options `-n NAME` and `-f FILE`."""

from __future__ import annotations

from pathlib import Path

import click


def names_of(name: str | None, file: Path | None) -> tuple[str, ...]:
    """The names of the functions; of a file, all of it. Raises `UsageError` unless one of the two
    is given, and `UserError` for a file with mistakes."""
    if (name is None) == (file is None):
        raise click.UsageError("give either -n NAME or -f FILE")
    if name is not None:
        return (name,)
    from scar_constructs.language import load_application
    from scar_constructs.language.lock import find_lock

    application = load_application([Path(str(file))], lock=find_lock()).application
    return tuple(one.name for stack in application.stacks for one in stack.functions)
