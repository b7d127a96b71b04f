"""`scar run`: SCAR's command that calls a function directly, or for the files of a folder."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.calls import (
    FILE,
    file_option,
    later_option,
    name_option,
    one_function,
    output_option,
    write_output,
)
from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.calls import Called, Caller
    from scar_constructs.operate.deployed import DeployedFunction
    from scar_constructs.operate.objects import Listed
    from scar_constructs.operate.session import Session


@click.command(
    epilog="Example: scar run -n cowsay -s hello.sh",
    context_settings={"allow_interspersed_args": False},
)
@name_option
@file_option
@click.option("-s", "--run-script", metavar="FILE", type=FILE, help="a script for this call alone")
@click.option("-ib", "--input-bucket", metavar="BUCKET/FOLDER", help="once for each file there")
@click.option(
    "--join",
    "joins",
    is_flag=True,
    help="once for all files of the folder together; the folder is that of -ib, or the function's "
    "only input",
)
@click.option("--again", is_flag=True, help="with -ib or --join: also what an earlier call has run")
@later_option
@output_option
@as_json
@with_session
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS...]")
def run(
    name: str | None,
    conf_file: Path | None,
    run_script: Path | None,
    input_bucket: str | None,
    joins: bool,
    again: bool,
    asynchronous: bool,
    output_file: Path | None,
    as_json: bool,
    arguments: tuple[str, ...],
    session: Session,
) -> int:
    """Call a function directly, and print what its script printed.

    With -ib, the function runs once for each file under the folder, as if it had just arrived. Such
    calls are told apart by file and version: interrupted and called again, the command goes on with
    the files that have not run. With --join, it runs once for all of them: the script finds them
    as those of a `join`, in SCAR_INPUT_DIR and SCAR_INPUT_FILES. The exit code is 1 if a call
    failed.
    """
    from scar_constructs.operate.calls import Caller, payload
    from scar_constructs.operate.deployed import Workflows

    deployed = Workflows(session).function(one_function(name, conf_file))
    function, caller = deployed.name, Caller(session)
    if joins or input_bucket is not None:
        if run_script is not None or arguments:
            raise click.UsageError("-ib and --join take neither a script nor arguments")
        folder = _folder(session, deployed, input_bucket)
        token = secrets.token_hex(8) if again else None
        if not joins:
            return _run_folder(caller, folder, token, not asynchronous, as_json)
        done = caller.call_for_all(
            function, folder.name, folder.files, waiting=not asynchronous, run=token
        )
        return _run_once(done, session, function, output_file, as_json)
    script = run_script.read_bytes() if run_script else None
    done = caller.call(function, payload(script, arguments), waiting=not asynchronous)
    return _run_once(done, session, function, output_file, as_json)


def _run_once(
    done: Called, session: Session, function: str, output: Path | None, as_json: bool
) -> int:
    from scar_constructs.terminal import put, say

    if as_json:
        put(f"{json.dumps(done.document(), indent=1)}\n")
    else:
        text = done.output if not done.jobs else _printed_by_jobs(session, function, done.jobs)
        write_output(text, output)
    if done.failed:
        say(done.reason)
    return 1 if done.failed else 0


def _printed_by_jobs(session: Session, function: str, jobs: tuple[str, ...]) -> bytes:
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.logs import Logs, Wanted, shown, words
    from scar_constructs.operate.moments import since

    workflows = Workflows(session)
    logs, known = Logs(session, workflows), (workflows.function(function),)
    lines = [
        line for job in jobs for line in shown(logs.lines(Wanted(known, since("30d"), job=job)))
    ]
    return "".join(f"{words(line)}\n" for line in lines).encode()


@dataclass(frozen=True)
class _Folder:
    """The files that a function is to run for. `name`: "bucket/folder"."""

    function: str
    name: str
    files: Sequence[Listed]


def _folder(session: Session, function: DeployedFunction, given: str | None) -> _Folder:
    """That of the option, or the function's only input. A function's role reads its inputs and
    nothing else."""
    from scar_constructs.errors import UserError
    from scar_constructs.operate.objects import SCHEME, folder_prefix, listed, split_path

    known = ", ".join(function.inputs) or "none"
    if given is None and len(function.inputs) != 1:
        raise UserError(f"add -ib with one of the inputs of {function.name}: {known}")
    path = (given or function.inputs[0]).removeprefix(SCHEME).strip("/")
    if not function.takes(f"{path}/"):
        raise UserError(
            f"{path} is no input of {function.name}, whose role may not read it; inputs: {known}"
        )
    bucket, key = split_path(path)
    files = list(listed(session.client("s3"), bucket, folder_prefix(key)))
    if not files:
        raise UserError(f"nothing lies in s3://{path}: check the name")
    return _Folder(function.name, path, files)


def _run_folder(
    caller: Caller, folder: _Folder, token: str | None, waiting: bool, as_json: bool
) -> int:
    from scar_constructs.cli.transfer import progress_bar
    from scar_constructs.terminal import put, say

    done = []
    calls = caller.call_for_each(folder.function, folder.files, waiting=waiting, run=token)
    with progress_bar(folder.function, len(folder.files), bytes_=False) as progress:
        for one in calls:
            done.append(one)
            progress(1)
            if one.failed and not as_json:
                say(f"{one.input}: {one.reason}")
    failed = sum(one.failed for one in done)
    if as_json:
        put(f"{json.dumps([one.document() for one in done], indent=1)}\n")
    told = f"{len(done) - failed} of {len(folder.files)} files {'done' if waiting else 'called'}"
    say(told + (f", {failed} failed" if failed else ""))
    return 1 if failed else 0
