"""Functions by SCAR's options `-n NAME` and `-f FILE`."""

from __future__ import annotations

from pathlib import Path

import click


def names_of(name: str | None, file: Path | None) -> tuple[str, ...]:
    """The names of the functions; of a file, all of it. Raises `UsageError` unless one of the two
    is given, and `UserError` for a file with mistakes."""
    if name is not None and file is None:
        return (name,)
    if file is None or name is not None:
        raise click.UsageError("give either -n NAME or -f FILE")
    from scar_constructs.language import load_application
    from scar_constructs.language.lock import find_lock

    application = load_application([file], lock=find_lock()).application
    return tuple(one.name for stack in application.stacks for one in stack.functions)
