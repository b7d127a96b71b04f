"""`scar logs`, and `scar log` with SCAR's options: what scripts printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.log_lines import Line
    from scar_constructs.operate.logs import Logs, Wanted
    from scar_constructs.operate.session import Session

_SINCE = "1d"
_FOLLOW_SECONDS = 2.0
_LATE_MS = 5 * 60 * 1000
"""How long a line may take until CloudWatch shows it."""
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")

_all_option = click.option(
    "--all", "everything", is_flag=True, help="show the runtime's and the platform's lines, too"
)
_follow_option = click.option("--follow", is_flag=True, help="go on with new lines until Ctrl-C")
_since_option = click.option(
    "--since",
    default=_SINCE,
    show_default=True,
    metavar="MOMENT",
    help="from when on: 30m, 12h, 7d ago, or a date",
)


@click.command(epilog="Example: scar logs --file s3://my-bucket/input/a.txt")
@click.argument("functions", nargs=-1, metavar="[FUNCTION...]")
@click.option("--stack", metavar="NAME", help="all functions of a workflow")
@click.option("--request", metavar="ID", help="one invocation, and the jobs that it submitted")
@click.option("--job", metavar="ID", help="one Batch job, with all its containers and attempts")
@click.option("--file", metavar="S3-PATH", help="everything that came of a file, in all functions")
@_since_option
@_follow_option
@_all_option
@as_json
@with_session
def logs(
    functions: tuple[str, ...],
    stack: str | None,
    request: str | None,
    job: str | None,
    file: str | None,
    since: str,
    follow: bool,
    everything: bool,
    as_json: bool,
    session: Session,
) -> None:
    """Show what the scripts of FUNCTIONs printed, on Lambda and in jobs, in the order of time.

    Without a name, all functions of the region. Failures of the runtime stand among the lines;
    --all shows its other lines as well.
    """
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.logs import Logs, Wanted, require_known
    from scar_constructs.operate.moments import since as moment
    from scar_constructs.operate.objects import SCHEME

    workflows = Workflows(session)
    known = require_known(workflows, functions, stack)
    path = file.removeprefix(SCHEME) if file else None
    wanted = Wanted(known, moment(since), request, job, None, path)
    _show(Logs(session, workflows), wanted, follow=follow, everything=everything, as_json=as_json)


@click.command(epilog="Example: scar log -n scar-mrbayes-batch")
@click.option("-n", "--name", metavar="FUNCTION", help="the function")
@click.option(
    "-f", "--conf-file", metavar="FILE", type=click.Path(path_type=Path), help="all of a file"
)
@click.option("-ri", "--request-id", metavar="ID", help="one request, or one Batch job")
@click.option("-ls", "--log-stream-name", metavar="STREAM", help="one log stream")
@_since_option
@_follow_option
@_all_option
@as_json
@with_session
def log(
    name: str | None,
    conf_file: Path | None,
    request_id: str | None,
    log_stream_name: str | None,
    since: str,
    follow: bool,
    everything: bool,
    as_json: bool,
    session: Session,
) -> None:
    """Show the logs of a function: SCAR's command. `scar logs` can do more."""
    from scar_constructs.cli.named_functions import names_of
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.logs import Logs, Wanted, require_known
    from scar_constructs.operate.moments import since as moment

    workflows = Workflows(session)
    known = require_known(workflows, names_of(name, conf_file), None)
    reader, begin = Logs(session, workflows), moment(since)
    wanted = Wanted(known, begin, request=request_id, stream=log_stream_name)
    if request_id and not reader.lines(wanted):
        wanted = Wanted(known, begin, job=request_id)
    _show(reader, wanted, follow=follow, everything=everything, as_json=as_json)


def _show(reader: Logs, wanted: Wanted, *, follow: bool, everything: bool, as_json: bool) -> None:
    import time
    from dataclasses import replace

    from scar_constructs.operate.logs import shown
    from scar_constructs.terminal import say

    seen: set[Line] = set()
    write = _put_json if as_json else _Text()
    while True:
        begin = int(time.time() * 1000)
        found = reader.lines(wanted)
        chosen = found if everything else list(shown(found))
        write([line for line in chosen if line not in seen])
        seen.update(chosen)
        sys.stdout.flush()
        if not follow:
            if not chosen:
                say("no lines: `--since 7d` looks further back, `--all` shows the runtime's, too")
            for line in reader.ways_out(wanted.file) if wanted.file else ():
                say(line)
            return
        wanted = replace(wanted, since=max(wanted.since, begin - _LATE_MS))
        time.sleep(_FOLLOW_SECONDS)


def _put_json(lines: Sequence[Line]) -> None:
    """One JSON object a line, so that a program can read what `--follow` shows as well."""
    import json

    from scar_constructs.terminal import put

    for line in lines:
        document = {"time": line.time, "function": line.function, "service": line.service}
        document |= {"group": line.group, "stream": line.stream, "text": line.text}
        put(f"{json.dumps(document)}\n")


class _Text:
    """For people: moment, function and text; on a terminal, a colour for each function."""

    def __init__(self) -> None:
        self._colours: dict[str, str] = {}

    def __call__(self, lines: Sequence[Line]) -> None:
        from rich.text import Text

        from scar_constructs.cli.tables import console, moment_words
        from scar_constructs.operate.logs import words
        from scar_constructs.terminal import visible, visible_lines

        screen = console()
        for line in lines:
            colour = self._colours.setdefault(
                line.function, _COLOURS[len(self._colours) % len(_COLOURS)]
            )
            shown = Text(moment_words(line.time / 1000), style="dim")
            shown.append(f"  {visible(line.function)}", style=f"not dim {colour}")
            shown.append(f"  {visible_lines(words(line))}", style="not dim default")
            screen.print(shown, soft_wrap=True)
