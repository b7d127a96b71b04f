"""`scar invoke`: SCAR's command that calls a function at its HTTP address."""

from __future__ import annotations

import json
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
    from scar_constructs.operate.http_calls import Answer
    from scar_constructs.operate.session import Session


@click.command(epilog="Example: scar invoke -n darknet -db dog.jpg -o out.txt")
@name_option
@file_option
@click.option("-db", "--data-binary", metavar="FILE", type=FILE, help="a file as the body")
@click.option("-jd", "--json-data", metavar="JSON", help="a JSON document as the body")
@click.option("-p", "--parameters", metavar="JSON", help='of the query, such as {"name": "value"}')
@later_option
@output_option
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
    function = workflows.function(one_function(name, conf_file))
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
        write_output(answer.body, output_file)
    if answer.failed:
        from scar_constructs.terminal import say

        say(f"status {answer.status}")
    return 1 if answer.failed else 0


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
