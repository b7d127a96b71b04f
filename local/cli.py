"""`python -m local`: run workflows on this machine, in an emulated AWS.

Everything for people goes to standard error, and the result to standard output.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from local.engines import EngineName, choose
from local.errors import LocalError
from local.kept import bring_up, exports, keep_running, running_cloud, take_down
from local.report import Outcome, failures, print_json, print_table
from local.run import (
    RUNNING,
    Progress,
    Request,
    ensure_helpers,
    ensure_images,
    require_engine,
    run,
    run_in,
)
from local.server import CloudAddress
from local.transfer import parse_uploads
from scar_constructs.fdl import FdlError, LoadedApplication, load_application, render
from scar_constructs.fdl.lock import LockError, find_lock
from scar_constructs.terminal import put, say, visible

DEFAULT_TIMEOUT_SECONDS = 1800.0
_INTERRUPTED = 130
_PIPE_COLUMNS = 1_000_000

app = typer.Typer(
    help="Run SCAR workflows on this machine, in an emulated AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_EngineOption = Annotated[
    EngineName | None,
    typer.Option(help="what runs the functions; default: podman, else docker, else process"),
]


@app.command("run")
def run_command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="YAML files or folders of them")
    ],
    put: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[BUCKET/PREFIX=]FILE",
            help="upload a file; default place: the first function's first input",
        ),
    ] = None,
    get: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="download what the functions wrote to DIR/BUCKET/KEY"),
    ] = None,
    engine: _EngineOption = None,
    timeout: Annotated[
        float, typer.Option(help="seconds to wait until nothing is in flight")
    ] = DEFAULT_TIMEOUT_SECONDS,
    keep: Annotated[
        bool, typer.Option("--keep", help="leave the cloud running; end it with `down`")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Deploy workflows to a local cloud, upload files, wait, and download the outputs.

    The exit code is 0 only if something ran and every execution succeeded.
    """
    with _faults():
        loaded = _load(paths)
        uploads = parse_uploads(put or (), loaded.starters)
        request = Request(paths, loaded.application, uploads, get, timeout)
        chosen = _engine(engine)
        require_engine(loaded.application, chosen)
        with _progress() as progress:
            outcome = (
                _run_kept(request, chosen, progress) if keep else run(request, chosen, progress)
            )
        _print(outcome, as_json)
    idle = not uploads and not outcome.executions
    raise typer.Exit(0 if outcome.succeeded or idle else 1)


@app.command()
def up(engine: _EngineOption = None) -> None:
    """Start a local cloud that is kept; prints the variables for `npx cdk deploy` and `aws`.

    If it runs already, only prints them: for another terminal.
    """
    with _faults():
        cloud = running_cloud(engine) or _brought_up(_engine(engine))
    put(f"{exports(cloud)}\n")


def _brought_up(engine: EngineName) -> CloudAddress:
    with _progress() as progress:
        ensure_images(engine, progress)
        progress("starting the local cloud")
        return bring_up(engine)


@app.command()
def down() -> None:
    """End the local cloud that `up` or `run --keep` left running."""
    with _faults(), _progress() as progress:
        progress("ending the local cloud")
        ended = take_down()
    say("the local cloud is gone" if ended else "no local cloud is running")


@app.command()
def images(engine: _EngineOption = None) -> None:
    """Have the images that all need in the engine's store: found, pulled or made here."""
    with _faults():
        chosen = _engine(engine)
        with _progress() as progress:
            ensure_images(chosen, progress)
            ensure_helpers(chosen, progress)


def _load(paths: list[Path]) -> LoadedApplication:
    try:
        loaded = load_application(paths, lock=find_lock())
    except LockError as error:
        raise LocalError(str(error)) from error
    if loaded.warnings:
        put(f"{render(loaded.warnings)}\n", sys.stderr)
    return loaded


def _engine(wanted: EngineName | None) -> EngineName:
    chosen = choose(wanted)
    if chosen is EngineName.PROCESS:
        say(
            "WARNING: engine process: the functions' images are NOT used. Every script runs on "
            "this machine, with this machine's programs and this user's rights."
        )
    return chosen


def _run_kept(request: Request, engine: EngineName, progress: Progress) -> Outcome:
    ensure_images(engine, progress)
    progress("starting the local cloud")
    cloud = keep_running(engine)
    try:
        outcome = run_in(request, cloud, progress)
    except BaseException:
        take_down()
        raise
    say(f"the local cloud stays at {cloud.url}; to use it:\n{exports(cloud)}")
    return outcome


def _print(outcome: Outcome, as_json: bool) -> None:
    # In a file or a pipe, each execution is a row of the table however wide it is.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    if as_json:
        print_json(outcome, console)
    else:
        print_table(outcome, console)
    for line in failures(outcome):
        say(line)


@contextmanager
def _progress() -> Iterator[Progress]:
    """On a terminal, one line that changes; elsewhere, a line for each new step."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _Lines()
        return
    with Status("", console=console) as status:
        yield lambda step: status.update(Text(visible(step)))


class _Lines:
    """Says each step once: in a log, a count that changes is noise."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, step: str) -> None:
        line = RUNNING if step.startswith(RUNNING) else step
        if line not in self._said:
            self._said.add(line)
            say(line)


@contextmanager
def _faults() -> Iterator[None]:
    """End the command without a trace: code 1 for a user's fault, 130 for an interruption."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except (FdlError, LocalError) as error:
        say(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
