"""`scar local`: run workflows on this machine, in an emulated AWS.

Everything for people goes to standard error, and the result to standard output.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.status import Status
from rich.text import Text

from scar_constructs.cli import options
from scar_constructs.cli.tables import console as output
from scar_constructs.language import LoadedApplication, load_application, render
from scar_constructs.language.lock import find_lock
from scar_constructs.local.engines import EngineName, choose
from scar_constructs.local.persistent import (
    bring_up,
    exports,
    keep_running,
    running_cloud,
    take_down,
)
from scar_constructs.local.report import Outcome, failures, logged, print_json, print_table
from scar_constructs.local.run import (
    RUNNING,
    Progress,
    Request,
    ensure_helpers,
    ensure_images,
    require_engine,
    run,
    run_in,
)
from scar_constructs.local.server import CloudAddress
from scar_constructs.local.transfer import parse_uploads
from scar_constructs.terminal import put, say, visible

DEFAULT_TIMEOUT_SECONDS = 1800.0
_ENGINES = [engine.value for engine in EngineName]


@click.group(epilog="Example: scar local run examples/hello --put poem.txt --get out")
def local() -> None:
    """Run workflows on this machine, in an emulated AWS."""


_engine_option = click.option(
    "--engine",
    type=click.Choice(_ENGINES),
    help="what runs the functions; default: podman, else docker, else process",
)


@local.command("run", epilog="Example: scar local run examples/hello --put poem.txt --get out")
@options.paths
@click.option(
    "--put",
    "puts",
    multiple=True,
    metavar="[BUCKET/PREFIX=]FILE",
    help="upload a file; default place: the first function's first input",
)
@click.option(
    "--get",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="download what the functions wrote to DIR/BUCKET/KEY",
)
@_engine_option
@click.option(
    "--timeout",
    default=DEFAULT_TIMEOUT_SECONDS,
    show_default=True,
    help="seconds to wait until nothing is in flight",
)
@click.option("--logs", is_flag=True, help="show what each script printed last")
@click.option("--keep", is_flag=True, help="leave the cloud running; end it with `down`")
@options.as_json
def run_command(
    paths: tuple[Path, ...],
    puts: tuple[str, ...],
    get: Path | None,
    engine: str | None,
    timeout: float,
    logs: bool,
    keep: bool,
    as_json: bool,
) -> int:
    """Deploy the files at PATHS to a local cloud, upload files, wait, and download the outputs.

    The exit code is 0 only if every execution succeeded and, of files that were uploaded, at least
    one started a function. Without --put, the files are deployed and nothing runs.
    """
    with _ended_by_sigterm():
        loaded = _load(paths)
        uploads = parse_uploads(puts, loaded.starters)
        request = Request(paths, loaded.application, uploads, get, timeout)
        chosen = _engine(engine)
        require_engine(loaded.application, chosen)
        with _progress() as progress:
            outcome = (
                _run_kept(request, chosen, progress) if keep else run(request, chosen, progress)
            )
        _print(outcome, as_json)
        for line in logged(outcome) if logs else ():
            say(line)
    return 0 if outcome.succeeded else 1


@local.command(epilog='Example: eval "$(scar local up)"')
@_engine_option
def up(engine: str | None) -> None:
    """Start a local cloud that is kept; prints the variables for `npx cdk deploy` and `aws`.

    If it runs already, only prints them: for another terminal.
    """
    with _ended_by_sigterm():
        wanted = EngineName(engine) if engine else None
        cloud = running_cloud(wanted) or _brought_up(_engine(engine))
    put(f"{exports(cloud)}\n")


def _brought_up(engine: EngineName) -> CloudAddress:
    with _progress() as progress:
        ensure_images(engine, progress)
        progress("starting the local cloud")
        return bring_up(engine)


@local.command(epilog="Example: scar local down")
def down() -> None:
    """End the local cloud that `up` or `run --keep` left running."""
    with _ended_by_sigterm(), _progress() as progress:
        progress("ending the local cloud")
        ended = take_down()
    say("the local cloud is gone" if ended else "no local cloud is running")


@local.command(epilog="Example: scar local images --engine podman")
@_engine_option
def images(engine: str | None) -> None:
    """Have the images that all need in the engine's store: found, pulled or made here."""
    with _ended_by_sigterm():
        chosen = _engine(engine)
        with _progress() as progress:
            ensure_images(chosen, progress)
            ensure_helpers(chosen, progress)


def _load(paths: Sequence[Path]) -> LoadedApplication:
    loaded = load_application(paths, lock=find_lock())
    if loaded.warnings:
        put(f"{render(loaded.warnings)}\n", sys.stderr)
    return loaded


def _engine(wanted: str | None) -> EngineName:
    chosen = choose(EngineName(wanted) if wanted else None)
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
    if as_json:
        print_json(outcome, output())
    else:
        print_table(outcome, output())
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
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does: with what it started."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
