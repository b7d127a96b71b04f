"""Write the table and the curves of docs/scaling.md: `python -m benchmarks.scaling_report`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scaling import (
    ACCOUNT_CONCURRENCY,
    SUBMITS_A_SECOND,
    Direct,
    Jobs,
    Queued,
    Step,
    Way,
    uploads,
)
from scar_constructs.estimate.prices import MAIN_REGION, Prices
from scar_constructs.model import limits

DOCS = Path(__file__).parents[1] / "docs"
DOCUMENT, PICTURE = DOCS / "scaling.md", DOCS / "scaling.svg"
BEGIN, END = "<!-- model -->\n", "<!-- end of model -->\n"
SECONDS = 30
COUNTS = (10_000, 100_000, 1_000_000)
VCPUS = 5_000
WAYS: dict[str, tuple[Callable[[int], Way], str]] = {
    "`lambda`": (lambda steps: Direct(ACCOUNT_CONCURRENCY // steps), "#c2410c"),
    "`lambda`, `queue: true`": (lambda steps: Queued(ACCOUNT_CONCURRENCY // steps), "#15803d"),
    "`batch`": (lambda steps: Jobs(VCPUS // steps, 0, SUBMITS_A_SECOND // steps), "#7c3aed"),
    "`batch`, `burst`": (lambda steps: Jobs(VCPUS // steps, 60), "#1d4ed8"),
}
"""How files are worked on -> its model if so many steps share the account, and its colour."""


@dataclass(frozen=True)
class Row:
    """So many files, through one step and through two."""

    way: str
    count: int
    seconds: tuple[int, int]
    failed: tuple[int, int]
    calls: int
    submits: int
    usd: float


def rows(counts: Sequence[int]) -> Iterator[Row]:
    for name, (way, _) in WAYS.items():
        for count in counts:
            one = way(1).run(uploads(count), SECONDS)
            first = way(2).run(uploads(count), SECONDS)
            second = way(2).run(first.done, SECONDS)
            yield Row(
                way=name,
                count=count,
                seconds=(one.seconds, second.seconds),
                failed=(one.failed, first.failed + second.failed),
                calls=one.requests["calls"],
                submits=one.requests.get("submits", 0),
                usd=usd(one),
            )


def usd(step: Step) -> float:
    """What is paid but for the scripts: calls that began, the queue, and dispatchers that wait."""
    prices, made = Prices(MAIN_REGION), step.requests
    waited = made.get("waited", 0) * limits.LAMBDA_MEMORY_MIB / 1024
    return (
        made["begun"] * prices.usd("lambda_request")
        + made.get("queue", 0) * prices.usd("sqs_request")
        + waited * prices.usd("lambda_gb_second_x86_64")
    )


def table(found: Sequence[Row]) -> str:
    lines = [
        "| mode | files | one step | two steps | given up | calls | SubmitJob | USD |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [line(row) for row in found]
    return "\n".join(lines) + "\n"


def line(row: Row) -> str:
    """A row of the table."""
    times = " | ".join(map(_duration, row.seconds))
    failed = " / ".join(f"{one:,}" for one in row.failed)
    numbers = f"{failed} | {row.calls:,} | {row.submits:,} | {row.usd:,.2f}"
    return f"| {row.way} | {row.count:,} | {times} | {numbers} |"


def _duration(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 20, 420, 260
_BOTTOM = _TOP + _HEIGHT
_LOW, _HIGH = math.log10(60), math.log10(12 * 3600)
_TICKS = {60: "1 min", 600: "10 min", 3600: "1 h", 6 * 3600: "6 h"}


def _x(count: int) -> float:
    first, last = math.log10(COUNTS[0]), math.log10(COUNTS[-1])
    return _LEFT + _WIDTH * (math.log10(count) - first) / (last - first)


def _y(seconds: float) -> float:
    return _TOP + _HEIGHT * (1 - (math.log10(max(seconds, 60)) - _LOW) / (_HIGH - _LOW))


def picture(found: Sequence[Row]) -> str:
    """The time of one step by the number of files, on logarithmic scales."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {_BOTTOM + 50}" role="img">',
        "<title>How long a burst of files takes</title>",
        "<desc>The time of one step for 10,000 to a million files of 30 seconds each, in four ways."
        " docs/scaling.md has the figures.</desc>",
        "<style>text{font:13px sans-serif;fill:#333}.grid{stroke:#ccc}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#555}}</style>",
    ]
    for seconds, label in _TICKS.items():
        y = _y(seconds)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}h{_WIDTH}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for count in COUNTS:
        x, y = _x(count), _BOTTOM
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}v{_HEIGHT}"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 20}" text-anchor="middle">{count:,}</text>')
    parts.append(f'<text x="{_LEFT + _WIDTH / 2}" y="{_BOTTOM + 42}">files</text>')
    for number, (name, (_, colour)) in enumerate(WAYS.items()):
        points = [
            f"{_x(row.count):.1f},{_y(row.seconds[0]):.1f}" for row in found if row.way == name
        ]
        dash = 3 * number
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            f'stroke-width="2.5" stroke-dasharray="{dash or "none"}"/>'
        )
        y = _TOP + 20 + 24 * number
        parts.append(
            f'<path d="M510 {y - 4}h24" stroke="{colour}" stroke-width="2.5" '
            f'stroke-dasharray="{dash or "none"}"/>'
        )
        parts.append(f'<text x="542" y="{y}">{name.replace("`", "")}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    found = list(rows(COUNTS))
    text = DOCUMENT.read_text(encoding="utf-8")
    inside = re.compile(f"(?<={BEGIN}).*?(?={END})", re.DOTALL)
    DOCUMENT.write_text(inside.sub(f"\n{table(found)}\n", text), encoding="utf-8")
    PICTURE.write_text(picture(found), encoding="utf-8")


if __name__ == "__main__":
    main()
