"""`scar invoke` and `scar run`: SCAR's commands that call functions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.named_functions import names_of
from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.calls import Called, Caller
    from scar_constructs.operate.deployed import DeployedFunction
    from scar_constructs.operate.http_calls import Answer
    from scar_constructs.operate.session import Session

_name_option = click.option("-n", "--name", metavar="FUNCTION", help="the function")
_file_option = click.option(
    "-f",
    "--conf-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="the file that has it",
)
_later_option = click.option(
    "-a", "--asynchronous", is_flag=True, help="do not wait for the function"
)
_output_option = click.option(
    "-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), help="save the output"
)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(epilog="Example: scar invoke -n darknet -db dog.jpg -o out.txt")
@_name_option
@_file_option
@click.option("-db", "--data-binary", metavar="FILE", type=_FILE, help="a file as the body")
@click.option("-jd", "--json-data", metavar="JSON", help="a JSON document as the body")
@click.option("-p", "--parameters", metavar="JSON", help='of the query, such as {"name": "value"}')
@_later_option
@_output_option
@as_json
@with_session
def invoke(
    name: str | None,
    conf_file: Path | None,
    data_binary: Path | None,
    json_data: str | None,
    parameters: str | None,
    asynchronous: bool,
    output_file: Path | None,
    as_json: bool,
    session: Session,
) -> int:
    """Call a function at its HTTP address (`api_gateway`), signed or with its key as it asks.

    The exit code is 1 if it answers with a status of 400 or more.
    """
    body, content_type = _body(data_binary, json_data)
    from scar_constructs.operate import http_calls
    from scar_constructs.operate.deployed import Workflows

    workflows = Workflows(session)
    function = workflows.function(_one(name, conf_file))
    answer = http_calls.call(
        session,
        workflows.stack(function.stack),
        function,
        body,
        content_type=content_type,
        parameters=http_calls.parameters_of(parameters),
        later=asynchronous,
    )
    if as_json:
        _print_answer(answer)
    else:
        _write(answer.body, output_file)
    if answer.failed:
        from scar_constructs.terminal import say

        say(f"status {answer.status}")
    return 1 if answer.failed else 0


@click.command(
    epilog="Example: scar run -n cowsay -s hello.sh",
    context_settings={"allow_interspersed_args": False},
)
@_name_option
@_file_option
@click.option("-s", "--run-script", metavar="FILE", type=_FILE, help="a script for this call alone")
@click.option("-ib", "--input-bucket", metavar="BUCKET/FOLDER", help="once for each file there")
@click.option("--again", is_flag=True, help="with -ib: also files that an earlier call has run")
@_later_option
@_output_option
@as_json
@with_session
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS...]")
def run(
    name: str | None,
    conf_file: Path | None,
    run_script: Path | None,
    input_bucket: str | None,
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
    the files that have not run. The exit code is 1 if a call failed.
    """
    from scar_constructs.operate.calls import Caller, payload
    from scar_constructs.operate.deployed import Workflows

    deployed = Workflows(session).function(_one(name, conf_file))
    function, caller = deployed.name, Caller(session)
    if input_bucket is not None:
        if run_script is not None or arguments:
            raise click.UsageError("-ib takes neither a script nor arguments")
        _require_input(deployed, input_bucket)
        return _run_folder(
            caller, session, function, input_bucket, again, not asynchronous, as_json
        )
    script = run_script.read_bytes() if run_script else None
    done = caller.call(function, payload(script, arguments), waiting=not asynchronous)
    return _run_once(done, session, function, output_file, as_json)


def _body(file: Path | None, text: str | None) -> tuple[bytes | None, str]:
    """The body of a request, and its type."""
    if file is not None and text is not None:
        raise click.UsageError("give either -db or -jd")
    if text is not None:
        return text.encode(), "application/json"
    return file.read_bytes() if file is not None else None, "application/octet-stream"


def _print_answer(answer: Answer) -> None:
    from scar_constructs.terminal import put

    body = answer.body.decode(errors="replace")
    document = {"status": answer.status, "content_type": answer.content_type, "body": body}
    put(f"{json.dumps(document)}\n")


def _one(name: str | None, file: Path | None) -> str:
    """The one function that is meant."""
    if name is not None and file is not None:
        known = names_of(None, file)
        if name not in known:
            raise click.UsageError(f"{file} has no function {name}; it has {', '.join(known)}")
        return name
    names = names_of(name, file)
    if len(names) > 1:
        raise click.UsageError(
            f"{file} has several functions: add -n with one of {', '.join(names)}"
        )
    return names[0]


def _run_once(
    done: Called, session: Session, function: str, output: Path | None, as_json: bool
) -> int:
    from scar_constructs.terminal import put, say

    if as_json:
        put(f"{json.dumps(done.document(), indent=1)}\n")
    else:
        text = done.output if not done.jobs else _printed_by_jobs(session, function, done.jobs)
        _write(text, output)
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


def _require_input(function: DeployedFunction, folder: str) -> None:
    """A function's role reads its inputs and nothing else."""
    from scar_constructs.errors import UserError
    from scar_constructs.operate.objects import SCHEME

    path = folder.removeprefix(SCHEME).strip("/")
    if not function.takes(f"{path}/"):
        known = ", ".join(function.inputs) or "none"
        raise UserError(
            f"{path} is no input of {function.name}, whose role may not read it; inputs: {known}"
        )


def _run_folder(
    caller: Caller,
    session: Session,
    function: str,
    folder: str,
    again: bool,
    waiting: bool,
    as_json: bool,
) -> int:
    import secrets

    from scar_constructs.cli.transfer import progress_bar
    from scar_constructs.errors import UserError
    from scar_constructs.operate.objects import folder_prefix, listed, split_path
    from scar_constructs.terminal import put, say

    bucket, key = split_path(folder)
    files = list(listed(session.client("s3"), bucket, folder_prefix(key)))
    if not files:
        raise UserError(f"nothing lies in s3://{bucket}/{key}: check the name")
    named = secrets.token_hex(8) if again else None
    done = []
    with progress_bar(function, len(files), bytes_=False) as progress:
        for one in caller.call_for_each(function, files, waiting=waiting, run=named):
            done.append(one)
            progress(1)
            if one.failed and not as_json:
                say(f"{one.input}: {one.reason}")
    failed = sum(one.failed for one in done)
    if as_json:
        put(f"{json.dumps([one.document() for one in done], indent=1)}\n")
    word = "done" if waiting else "called"
    say(
        f"{len(done) - failed} of {len(files)} files {word}"
        + (f", {failed} failed" if failed else "")
    )
    return 1 if failed else 0


def _write(content: bytes, file: Path | None) -> None:
    """To a file as it is; on a terminal, what a script printed is data."""
    from scar_constructs.terminal import put, visible_lines

    if file is not None:
        file.write_bytes(content)
    elif sys.stdout.isatty():
        put(visible_lines(content.decode(errors="replace")))
    else:
        sys.stdout.buffer.write(content)
