"""`scar estimate`: what workflows cost in a month, before anything is deployed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli import options
from scar_constructs.cli.options import as_json
from scar_constructs.terminal import shorten

if TYPE_CHECKING:
    from scar_constructs.estimate import Amounts, Assumptions
    from scar_constructs.language.workflow.join import Application

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
"""More digits than a file has bytes or a year has seconds are a slip, and end in infinity."""
_SIZE_MAX_BYTES = 1e15
_MANY = "[FUNCTION=]N"


@click.command(epilog="Example: scar estimate examples/hello --files 10000 --size 1MB --seconds 3")
@options.paths
@click.option(
    "--files", "files", multiple=True, required=True, metavar=_MANY, help="files in a month"
)
@click.option("--size", required=True, metavar="SIZE", help="of a file, such as 200KB or 1.5GiB")
@click.option("--seconds", multiple=True, metavar=_MANY, help="for one file; default: 30")
@click.option("--outputs", multiple=True, metavar=_MANY, help="files one run leaves; default: 1")
@click.option("--region", metavar="REGION", help="instead of those of the files")
@click.option("--spot", is_flag=True, help="all jobs on Spot, whatever the files say")
@click.option(
    "--price", "prices", multiple=True, metavar="TYPE=USD", help="an hour of an instance type"
)
@as_json
@options.untrusted
@options.defaults
@options.images_lock
def estimate(
    paths: tuple[Path, ...],
    files: tuple[str, ...],
    size: str,
    seconds: tuple[str, ...],
    outputs: tuple[str, ...],
    region: str | None,
    spot: bool,
    prices: tuple[str, ...],
    as_json: bool,
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
) -> None:
    """Say what the workflows of PATHS cost in a month, by which assumptions, and what costs while
    nothing runs. Reads the files only: it needs no account."""
    import json

    from scar_constructs.estimate import Assumptions, application_cost
    from scar_constructs.language import load_application
    from scar_constructs.language.lock import find_lock
    from scar_constructs.terminal import put

    assumptions = Assumptions(
        files=_amounts("--files", files, "1000"),
        size=_bytes(size),
        seconds=_amounts("--seconds", seconds, "30"),
        outputs=_amounts("--outputs", outputs, "1"),
        region=region,
        spot=spot,
        machine_prices=_amounts("--price", prices, "m8g.large=0.09", needs_name=True).by_function,
    )
    found = load_application(
        paths, defaults, lock=find_lock(images_lock), untrusted=untrusted
    ).application
    _require_functions(found, assumptions)
    _require_machines(assumptions)
    cost = application_cost(found, assumptions)
    if as_json:
        from scar_constructs.estimate.document import document

        put(f"{json.dumps(document(cost), indent=1)}\n")
        return
    from scar_constructs.cli.estimate_tables import print_cost

    print_cost(cost)


def _amounts(
    option: str, values: Sequence[str], example: str, *, needs_name: bool = False
) -> Amounts:
    """`N` for all, `NAME=N` for one of them."""
    from scar_constructs.estimate import Amounts

    default, by_name = float(example) if not needs_name else 0.0, {}
    if option == "--files" and not any("=" not in value for value in values):
        default = 0.0  # only those that are named get files
    for value in values:
        name, _, text = value.rpartition("=")
        if not _NUMBER.fullmatch(text) or (needs_name and not name):
            shown = f"{option} {example}"
            fits = "`TYPE=USD`" if needs_name else "a number, or `FUNCTION=` and a number"
            raise click.UsageError(
                f"{option} {shorten(value)!r} is not {fits}; write for example {shown}"
            )
        if name:
            by_name[name] = float(text)
        else:
            default = float(text)
    return Amounts(default, by_name)


def _bytes(text: str) -> float:
    found = _SIZE.match(text.strip())
    if found is None:
        raise click.UsageError(
            f"--size {shorten(text)!r} is no size; write for example --size 1.5MB"
        )
    number, unit, binary = found.groups()
    base = 1024.0 if binary else 1000.0
    size = float(number) * math.pow(base, " kmgt".index(unit.lower() or " "))
    if size > _SIZE_MAX_BYTES:
        raise click.UsageError(
            f"--size {shorten(text)!r} is larger than any file; write for example --size 1.5MB"
        )
    return size


def _require_functions(application: Application, assumptions: Assumptions) -> None:
    """Each name that an option gives is that of a function."""
    known = [one.name for stack in application.stacks for one in stack.functions]
    given = (
        ("--files", assumptions.files),
        ("--seconds", assumptions.seconds),
        ("--outputs", assumptions.outputs),
    )
    for option, amounts in given:
        for name in _unknown(amounts.by_function, known):
            raise click.UsageError(
                f"{option}: the files have no function {name!r}, but {', '.join(known)}; write "
                f"for example {option} {(*known, 'NAME')[0]}=5"
            )


def _require_machines(assumptions: Assumptions) -> None:
    """Each price is that of an instance type."""
    from scar_constructs.model.machines import machines

    for name in assumptions.machine_prices:
        if [one.name for one in machines(name)] != [name]:
            raise click.UsageError(
                f"--price: there is no instance type {shorten(name)!r} in the table of machines; "
                "write for example --price m8g.large=0.09"
            )


def _unknown(names: Iterable[str], known: Sequence[str]) -> list[str]:
    return [name for name in names if name not in known]
