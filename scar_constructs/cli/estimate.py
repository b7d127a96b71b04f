"""`scar estimate`: what workflows cost in a month, before anything is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli import options
from scar_constructs.cli.amounts import MANY, amounts, require_functions, size_in_bytes
from scar_constructs.cli.options import as_json
from scar_constructs.terminal import shorten

if TYPE_CHECKING:
    from scar_constructs.estimate import Assumptions

_SINCE = "7d"


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
@click.option("--since", metavar="TIME", help=f"for --measure deployed; default: {_SINCE}")
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
    since: str | None,
    as_json: bool,
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
) -> None:
    """Say what the workflows of PATHS cost in a month, by which assumptions, and what costs while
    nothing runs. Reads the files only, and needs no account but for `--measure deployed`."""
    import json

    from scar_constructs.cli.estimate_measures import DEPLOYED
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
    known = [one.name for stack in found.stacks for one in stack.functions]
    require_functions(known, assumptions)
    _require_machines(assumptions)
    notes: list[str] = []
    if since is not None and measure != DEPLOYED:
        raise click.UsageError(f"--since is for --measure {DEPLOYED}, which is not given")
    if measure is not None:
        from scar_constructs.cli.estimate_measures import read_measures
        from scar_constructs.estimate.measured import findings, with_measures

        measures = read_measures(measure, since or _SINCE, found, region)
        assumptions = with_measures(assumptions, found, measures)
        notes = list(findings(found, measures))
    cost = application_cost(found, assumptions)
    if as_json:
        from scar_constructs.estimate.document import document

        put(f"{json.dumps({**document(cost), 'measured': notes}, indent=1)}\n")
        return
    from scar_constructs.cli.estimate_tables import print_cost

    print_cost(cost, notes)


def _require_machines(assumptions: Assumptions) -> None:
    """Each price is that of an instance type."""
    from scar_constructs.model.machines import machines

    for name in assumptions.machine_prices:
        if [one.name for one in machines(name)] != [name]:
            raise click.UsageError(
                f"--price: there is no instance type {shorten(name)!r} in the table of machines; "
                "write for example --price m8g.large=0.09"
            )
