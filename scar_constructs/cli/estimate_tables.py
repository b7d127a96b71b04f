"""An estimate for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scar_constructs.cli.tables import print_table
from scar_constructs.estimate import Cost, Crossing, Item
from scar_constructs.estimate.document import money
from scar_constructs.terminal import put, visible


def print_cost(cost: Cost, measured: Sequence[str] = ()) -> None:
    """Sums first, then what they are made of, then what was measured and assumed."""
    print_table(
        (
            "function",
            "mode",
            "runs #",
            "s each #",
            "USD/1000 runs #",
            "USD runs #",
            "USD at rest #",
        ),
        [
            *(
                (
                    one.name,
                    one.mode,
                    f"{one.runs:,g}",
                    f"{one.seconds:g}",
                    money(one.usd_per_thousand),
                    money(one.usd),
                    money(one.usd_at_rest),
                )
                for one in cost.functions
            ),
            ("all stacks", None, None, None, None, None, money(sum(i.usd for i in cost.at_rest))),
        ],
    )
    _line(
        f"\nUSD {money(cost.usd_month)} a month: {money(cost.usd)} for runs, "
        f"{money(cost.usd_at_rest)} at rest; USD {money(cost.usd_per_thousand)} for 1000 files "
        "uploaded, with all that comes of them"
    )
    _print_items("\nruns:", [(one.name, item) for one in cost.functions for item in one.items])
    rest = [(one.name, item) for one in cost.functions for item in one.at_rest]
    rest += [("all stacks", item) for item in cost.at_rest]
    _print_items("\nat rest, which is paid too in a month without files:", rest)
    _print_modes(cost)
    if measured:
        _print_lines("measured:", measured)
    _print_lines("assumed:", cost.assumptions)
    _print_lines("not counted:", cost.not_counted)
    for region, oldest, newest in cost.prices:
        _line(f"prices of {region}, read between {oldest} and {newest}, in USD")


def _print_items(title: str, rows: Iterable[tuple[str, Item]]) -> None:
    _line(title)
    print_table(
        ("function", "service", "what", "quantity #", "unit", "USD #"),
        [
            (name, one.service, one.what, f"{one.quantity:,.6g}", one.unit, money(one.usd))
            for name, one in rows
        ],
    )


def _print_modes(cost: Cost) -> None:
    _line("")
    for one in cost.functions:
        if one.machine:
            _line(f"{one.name}: jobs on {one.machine}")
        if one.crossing:
            _line(f"{one.name}: {_crossing(one.crossing)}")
        for note in one.notes:
            _line(f"note: {note}")


def _crossing(found: Crossing) -> str:
    other = "batch" if found.cheaper_below == "lambda" else "lambda"
    if found.seconds is None:
        return f"{found.cheaper_below} is cheaper for all that Lambda can run"
    return f"{found.cheaper_below} is cheaper up to {found.seconds:g} s for a file, then {other}"


def _print_lines(title: str, lines: Iterable[str]) -> None:
    _line(f"\n{title}")
    for line in lines:
        _line(f"- {line}")


def _line(text: str) -> None:
    put("\n".join(visible(part) for part in text.split("\n")) + "\n")
