"""Tables and moments for people: as wide as the terminal; in a pipe, a line for each row."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scar_constructs.terminal import visible

_PIPE_COLUMNS = 1_000_000
_STYLES = {"failed": "red", "succeeded": "green", "running": "cyan"}


def console() -> Console:
    """Standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on standard output."""
    console().print(new_table(columns, rows))


def new_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Columns whose names end in ` #` are numbers, and stand on the right; None is a dash."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name.removesuffix(" #"),
            justify="right" if name.endswith(" #") else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: object) -> Text:
    text = "-" if value is None else visible(str(value))
    return Text(text, style=_STYLES.get(text, ""))


def seconds_words(seconds: float | None) -> str | None:
    """A span of time in at most two units."""
    if seconds is None:
        return None
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, unit, lower, lower_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // lower} {lower_unit}"
    return f"{whole // 60} min {whole % 60} s"


def moment_words(moment: float) -> str:
    """A moment of Unix time, in this machine's zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def size_words(size: float) -> str:
    """Bytes in the unit that leaves the fewest digits."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
