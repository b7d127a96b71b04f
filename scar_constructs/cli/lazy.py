"""A group of commands whose modules are imported only when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

Places = Mapping[str, tuple[str, str]]
"""Name of a command -> module that has it, and one line about it."""


class LazyGroup(click.Group):
    """A group that knows of each command the name and one line, so that `--help` and completion
    import none of them. The command is the module's attribute of its own name."""

    def __init__(self, *args: Any, package: str, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._places = places

    def list_commands(self, _: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        module = import_module(f"{self._package}.{self._places[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a mistake of ours, not the user's
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as fault:
            if not (near := _nearest(args[0], self._places)):
                raise
            raise click.UsageError(f"{fault.message} Did you mean {near!r}?", ctx) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._places.items()])


def _nearest(name: str, known: Places) -> str:
    # Imported for a mistake only.
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, 1)), "")
