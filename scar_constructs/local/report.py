"""What a local run says at its end: a table or JSON, and the failures in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scar_constructs.terminal import visible

_HIDDEN = ("submitted", "ignored")
"""A dispatcher's own rows: the job that it started has a row of its own."""
_SHOWN_OUTPUTS = 5
_UNBOUNDED_COLUMNS = 1_000_000
_COLOURS = {"succeeded": "green", "failed": "bold red"}


@dataclass(frozen=True)
class Outcome:
    """What a run did. `executions` are rows as in `scar_constructs.emulator.rows.Row`."""

    executions: Sequence[Mapping[str, Any]]
    files: Sequence[Path]
    failed_events: Mapping[str, int]
    """Queue name -> number of events in it."""
    unfinished: Sequence[str] = ()
    warnings: Sequence[str] = ()
    uploads: int = 1
    """How many files were uploaded."""
    writers: frozenset[str] = frozenset()
    """The functions that have outputs."""
    waited_seconds: float = 0.0
    """How long for what is unfinished."""

    @property
    def succeeded(self) -> bool:
        """Whether all succeeded and nothing was left undone; of what was uploaded, something has
        to have run."""
        statuses = [row["status"] for row in self.executions]
        has_run = bool(statuses) or not self.uploads
        return has_run and "failed" not in statuses and not self.unfinished

    def document(self) -> dict[str, Any]:
        return {
            "succeeded": self.succeeded,
            "executions": list(self.executions),
            "files": [str(path) for path in self.files],
            "failed_events": dict(self.failed_events),
            "unfinished": list(self.unfinished),
            "warnings": list(self.warnings),
        }


def print_json(outcome: Outcome, console: Console) -> None:
    console.out(json.dumps(outcome.document(), indent=2, ensure_ascii=True), highlight=False)


def print_table(outcome: Outcome, console: Console) -> None:
    """The executions, one row each; where that is wider than the console, a few lines each, so that
    every key stays in one piece. Colour only where the console has it."""
    rows = [row for row in outcome.executions if row["status"] not in _HIDDEN]
    table = Table(box=None, pad_edge=False)
    for name in ("function", "service", "input", "status", "seconds", "outputs"):
        table.add_column(name, no_wrap=True, justify="right" if name == "seconds" else "left")
    for row in rows:
        table.add_row(
            # As texts: square brackets in a key are no markup.
            Text(visible(row["function"])),
            Text(visible(row["service"])),
            Text(visible(row["input"] or "-")),
            _status(row),
            Text(f"{row['seconds']:.2f}"),
            Text("\n".join(_listed(row["outputs"]))),
        )
    unbounded = console.options.update(max_width=_UNBOUNDED_COLUMNS)
    if console.measure(table, options=unbounded).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print(_record(row), soft_wrap=True)


def _record(row: Mapping[str, Any]) -> Text:
    """An execution in lines of its own, which the terminal may break, and nothing else."""
    head = Text(f"{visible(row['function'])} ({visible(row['service'])}) ")
    head.append_text(_status(row)).append(f" in {row['seconds']:.2f} s")
    lines = [head, Text(f"  input    {visible(row['input'] or '-')}")]
    for number, output in enumerate(_listed(row["outputs"])):
        lines.append(Text(f"  {'' if number else 'outputs':<8} {output}"))
    return Text("\n").join(lines)


def _status(row: Mapping[str, Any]) -> Text:
    return Text(visible(row["status"]), style=_COLOURS.get(row["status"], "yellow"))


def failures(outcome: Outcome) -> list[str]:
    """One line per failed execution, and what became of the failed events."""
    lines = [_failure(row) for row in outcome.executions if row["status"] == "failed"]
    lines += [
        f"{count} failed {'event is' if count == 1 else 'events are'} in the queue {visible(name)}"
        for name, count in outcome.failed_events.items()
    ]
    lines += _unfinished(outcome)
    lines += [f"warning: {visible(text)}" for text in outcome.warnings]
    lines += [_without_output(row) for row in outcome.executions if _has_left_nothing(row, outcome)]
    if not outcome.executions and not outcome.unfinished:
        lines.append(
            "nothing ran: no function is triggered by what was uploaded"
            if outcome.uploads
            else "deployed, and nothing ran: no file was uploaded (--put FILE)"
        )
    return lines


def _unfinished(outcome: Outcome) -> list[str]:
    """What is still under way, each once, and what to do."""
    if not outcome.unfinished:
        return []
    counts = Counter(outcome.unfinished)
    lines = [
        f"not finished: {visible(what)}" + (f" ({count} times)" if count > 1 else "")
        for what, count in counts.items()
    ]
    return [*lines, f"gave up after {outcome.waited_seconds:g} s; --timeout SECONDS waits longer"]


def _has_left_nothing(row: Mapping[str, Any], outcome: Outcome) -> bool:
    done = row["status"] == "succeeded" and row["function"] in outcome.writers
    return done and bool(row["input"]) and not row["outputs"]


def _without_output(row: Mapping[str, Any]) -> str:
    return (
        f"warning: {visible(row['function'])} has an output folder and left no file for it, on "
        f"{visible(row['input'])}: a script leaves files in $SCAR_OUTPUT_DIR (--logs shows what it "
        "printed)"
    )


def logged(outcome: Outcome) -> Iterator[str]:
    """What each execution printed last, in lines."""
    for row in outcome.executions:
        if row["status"] not in _HIDDEN:
            where = f" on {visible(row['input'])}" if row["input"] else ""
            yield f"{visible(row['function'])} ({visible(row['service'])}){where} printed:"
            yield from (
                f"  {visible(line)}" for line in (row["output"] or "(nothing)").splitlines()
            )


def _listed(outputs: Sequence[str]) -> list[str]:
    shown = [visible(output) for output in outputs[:_SHOWN_OUTPUTS]]
    if len(outputs) > len(shown):
        shown.append(f"... and {len(outputs) - len(shown)} more")
    return shown or ["-"]


def _failure(row: Mapping[str, Any]) -> str:
    code = "" if row["exit_code"] is None else f" with exit code {row['exit_code']}"
    attempts = f" in {row['attempts']} attempts" if row["attempts"] > 1 else ""
    where = f" on {visible(row['input'])}" if row["input"] else ""
    why = f": {row['reason']}" if row["reason"] else ""
    return (
        f"{visible(row['function'])} ({visible(row['service'])}) failed{code}{attempts}{where}{why}"
    )
