"""`scar status`: how workflows are doing, once or again and again."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from rich.console import RenderableType

    from scar_constructs.operate.session import Session
    from scar_constructs.operate.status import FunctionStatus, StackStatus

_WATCH_SECONDS = 5.0
_SHOWN_GROUPS = 5
_COLUMNS = (
    *("stack", "function", "waiting", "oldest", "running #", "done 1 h #", "1 d #"),
    *("failed 1 h #", "1 d #", "median #", "95 % #"),
)


@click.command(epilog="Example: scar status hello --watch")
@click.argument("stack", required=False)
@click.option("--watch", is_flag=True, help="look again every few seconds until Ctrl-C")
@as_json
@with_session
def status(stack: str | None, watch: bool, as_json: bool, session: Session) -> None:
    """Show what waits, runs, is done and has failed in the STACK, or in all workflows.

    Executions are counted from the log of the last day; jobs as Batch has them now.
    """
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.status import Status
    from scar_constructs.terminal import put, say

    if watch and as_json:
        raise click.UsageError("--watch is for people: call the command again for --json")
    workflows, looker = Workflows(session), Status(session)
    stacks = (workflows.stack(stack),) if stack else workflows.stacks
    if not stacks:
        say(f"no workflow is deployed in region {session.region} of this account")

    def look() -> list[StackStatus]:
        return [looker.of(one) for one in stacks]

    if watch:
        _watch(look)
    found = look()
    if as_json:
        put(f"{json.dumps([one.document() for one in found], indent=1)}\n")
    elif found:
        from scar_constructs.cli.tables import console

        console().print(_screen(found))


def _watch(look: Callable[[], list[StackStatus]]) -> None:
    from rich.live import Live

    from scar_constructs.cli.tables import console

    screen = console()
    if not screen.is_terminal:
        while True:
            screen.print(_screen(look()))
            sys.stdout.flush()
            time.sleep(_WATCH_SECONDS)
    with Live(_screen(look()), console=screen, auto_refresh=False) as live:
        while True:
            time.sleep(_WATCH_SECONDS)
            live.update(_screen(look()), refresh=True)


def _screen(found: list[StackStatus]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from scar_constructs.cli.tables import new_table
    from scar_constructs.terminal import visible

    rows = [_row(one.stack, function) for one in found for function in one.functions]
    left = [
        f"{one.failures} failed events wait: `scar failures {visible(one.stack)}` shows them"
        for one in found
        if one.failures
    ]
    return Group(new_table(_COLUMNS, rows), *(Text(line, style="red") for line in left))


def _groups(one: FunctionStatus) -> list[str]:
    """The groups of a join that wait for files, such as "poem 12 of 13"."""
    from scar_constructs.terminal import visible

    shown = [
        f"{visible(group.name or 'a group')} {group.arrived} of {group.expected}"
        for group in one.groups[:_SHOWN_GROUPS]
    ]
    more = len(one.groups) - len(shown)
    return [*shown, f"{more} more groups"] if more else shown


def _row(stack: str, one: FunctionStatus) -> tuple[object, ...]:
    from scar_constructs.cli.tables import seconds_words

    waiting = ", ".join(
        [*(f"{count} {name.lower()}" for name, count in one.waiting.items()), *_groups(one)]
    )
    oldest = f"{one.oldest_job} ({seconds_words(one.oldest_seconds)})" if one.oldest_job else None
    if oldest is None and one.event_age_seconds is not None:
        oldest = f"an event ({seconds_words(one.event_age_seconds)})"
    return (
        stack,
        one.function,
        waiting or None,
        oldest,
        one.running if one.mode != "lambda" else None,
        one.succeeded_hour,
        one.succeeded_day,
        one.failed_hour,
        one.failed_day,
        seconds_words(one.median_seconds),
        seconds_words(one.p95_seconds),
    )
