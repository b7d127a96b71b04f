"""`scar put` and `scar get`: files and folders into buckets and out of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.session import Session
    from scar_constructs.operate.transfer import Transfer

_bucket_option = click.option("-b", "--bucket", required=True, metavar="BUCKET[/FOLDER]")
_path_option = click.option(
    "-p", "--path", required=True, metavar="PATH", type=click.Path(path_type=Path)
)


@click.command(epilog="Example: scar put -b my-bucket/input -p data")
@_bucket_option
@_path_option
@as_json
@with_session
def put(bucket: str, path: Path, as_json: bool, session: Session) -> None:
    """Upload the file at PATH, or all files of a folder. What is in the bucket with the same
    content is left, and starts nothing."""
    from scar_constructs.operate import transfer

    wanted = transfer.uploads(bucket, path)
    total = sum(file.stat().st_size for file, _, _ in wanted)
    with progress_bar("uploading", total) as progress:
        done = list(transfer.put(session.client("s3"), wanted, progress))
    _end(done, "uploaded", as_json)


@click.command(epilog="Example: scar get -b my-bucket/output -p results")
@_bucket_option
@_path_option
@as_json
@with_session
def get(bucket: str, path: Path, as_json: bool, session: Session) -> None:
    """Download a file, or all files of a folder, to PATH. What is there with the same content is
    left."""
    from scar_constructs.operate import transfer

    wanted = transfer.downloads(session.client("s3"), bucket, path)
    total = sum(found.size for found, _ in wanted)
    with progress_bar("downloading", total) as progress:
        done = list(transfer.get(session.client("s3"), wanted, progress))
    _end(done, "downloaded", as_json)


def _end(done: list[Transfer], what: str, as_json: bool) -> None:
    from scar_constructs.terminal import put as put_text
    from scar_constructs.terminal import say

    if as_json:
        put_text(f"{json.dumps([vars(one) for one in done], indent=1)}\n")
    else:
        for one in done:
            mark = "  (there already)" if one.skipped else ""
            arrow = (
                (one.file, f"s3://{one.path}")
                if what == "uploaded"
                else (f"s3://{one.path}", one.file)
            )
            say(f"{arrow[0]} -> {arrow[1]}{mark}", sys.stdout)
    skipped = sum(one.skipped for one in done)
    say(f"{len(done) - skipped} {what}" + (f", {skipped} there already" if skipped else ""))


@contextmanager
def progress_bar(what: str, total: int, *, bytes_: bool = True) -> Iterator[Callable[[int], None]]:
    """On a terminal, a bar; elsewhere nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield lambda _: None
        return
    count = DownloadColumn() if bytes_ else MofNCompleteColumn()
    with Progress(TextColumn("{task.description}"), BarColumn(), count, console=screen) as bar:
        task = bar.add_task(what, total=total)
        yield lambda more: bar.update(task, advance=more)
