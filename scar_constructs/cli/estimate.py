"""`scar estimate`: what workflows cost in a month, before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli import options
from scar_constructs.cli.amounts import MANY, amounts, size_in_bytes
from scar_constructs.cli.options import as_json
from scar_constructs.terminal import shorten

if TYPE_CHECKING:
    from scar_constructs.estimate import Assumptions
    from scar_constructs.language.workflow.join import Application


@click.command(epilog="Example: scar estimate examples/hello --files 10000 --size 1MB --seconds 3")
@options.paths
@click.option(
    "--files", "files", multiple=True, required=True, metavar=MANY, help="files in a month"
)
@click.option("--size", required=True, metavar="SIZE", help="of a file, such as 200KB or 1.5GiB")
@click.option("--seconds", multiple=True, metavar=MANY, help="for one file; default: 30")
@click.option("--outputs", multiple=True, metavar=MANY, help="files one run leaves; default: 1")
@click.option("--region", metavar="REGION", help="instead of those of the files")
@click.option("--spot", is_flag=True, help="all jobs on Spot, whatever the files say")
@click.option(
    "--price", "prices", multiple=True, metavar="TYPE=USD", help="an hour of an instance type"
)
@click.option(
    "--measure",
    metavar="FILE|deployed",
    help="seconds and outputs of executions in place of assumptions: of a report that `scar local "
    "run --json` printed, or of what is deployed",
)
@click.option("--since", default="7d", show_default=True, help="for --measure deployed")
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
    measure: str | None,
    since: str,
    as_json: bool,
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
) -> None:
    """Say what the workflows of PATHS cost in a month, by which assumptions, and what costs while
    nothing runs. Reads the files only, and needs no account but for `--measure deployed`."""
    import json

    from scar_constructs.estimate import Assumptions, application_cost
    from scar_constructs.language import load_application
    from scar_constructs.language.lock import find_lock
    from scar_constructs.terminal import put

    assumptions = Assumptions(
        files=amounts("--files", files, "1000"),
        size=size_in_bytes(size),
        seconds=amounts("--seconds", seconds, "30"),
        outputs=amounts("--outputs", outputs, "1"),
        region=region,
        spot=spot,
        machine_prices=amounts("--price", prices, "m8g.large=0.09", needs_name=True).by_function,
    )
    found = load_application(
        paths, defaults, lock=find_lock(images_lock), untrusted=untrusted
    ).application
    _require_functions(found, assumptions)
    _require_machines(assumptions)
    notes: list[str] = []
    if measure is not None:
        from scar_constructs.cli.estimate_measures import read_measures
        from scar_constructs.estimate.measured import findings, with_measures

        measures = read_measures(measure, since, found, region)
        assumptions = with_measures(assumptions, found, measures)
        notes = list(findings(found, measures))
    cost = application_cost(found, assumptions)
    if as_json:
        from scar_constructs.estimate.document import document

        put(f"{json.dumps({**document(cost), 'measured': notes}, indent=1)}\n")
        return
    from scar_constructs.cli.estimate_tables import print_cost

    print_cost(cost, notes)


def _require_functions(application: Application, assumptions: Assumptions) -> None:
    """Each name that an option gives is that of a function."""
    known = [one.name for stack in application.stacks for one in stack.functions]
    given = (
        ("--files", assumptions.files),
        ("--seconds", assumptions.seconds),
        ("--outputs", assumptions.outputs),
    )
    for option, given_amounts in given:
        for name in _unknown(given_amounts.by_function, known):
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
