"""`python -m scar_constructs.redrive`: give failed events to their functions again."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.redrive.failures import RedriveError
from scar_constructs.redrive.faults import NO_REGION, explained
from scar_constructs.redrive.queue import Action, Failures, Result
from scar_constructs.redrive.stack import Stack
from scar_constructs.terminal import put, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def redrive(
    stack: Annotated[
        str, typer.Option(metavar="NAME", help="the stack whose failed events are meant")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what is in the queues, and change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Give the failed events of a stack to their functions again, once what broke them is mended.

    Takes each message of the failure queues: an event that Lambda gave up, a job that failed, or an
    event that could not be delivered. The function is invoked with the same event, asynchronously,
    and the message is removed once that is accepted. What has been done in the meantime is not done
    again. A message that does not come from this workflow is shown, and never obeyed. Credentials
    and region are those of the AWS CLI.

    The exit code is 1 if a message had to stay in a queue.

    Example: python -m scar_constructs.redrive --stack hello --dry-run
    """
    try:
        # boto3 itself knows only the older of the two names.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        if not session.region_name:
            raise RedriveError(NO_REGION)
        waiting = Failures(session, Stack(session, stack))
        results = []
        for result in waiting.look() if dry_run else waiting.redrive():
            results.append(result)
            if not as_json:
                say(_line(result), sys.stdout)
                sys.stdout.flush()
    except RedriveError as error:
        raise _failed(" ".join(str(error).split())) from None
    except (BotoCoreError, ClientError) as error:
        raise _failed(explained(error)) from None
    if as_json:
        put(f"{json.dumps([_document(one) for one in results], indent=1)}\n")
    say(_summary(results))
    raise typer.Exit(1 if any(one.action.stays for one in results) else 0)


def _failed(line: str) -> typer.Exit:
    say(line)
    return typer.Exit(1)


def _line(result: Result) -> str:
    facts = [result.action.value, result.function, result.input, result.reason, result.note]
    if result.log:
        facts.append(f"(log {result.log})")
    if result.action.stays:
        facts.append(f"(message {result.message})")
    return "  ".join(" ".join(fact.split()) for fact in facts if fact)


def _document(result: Result) -> dict[str, str | None]:
    return {**vars(result), "action": result.action.value}


def _summary(results: list[Result]) -> str:
    if not results:
        return "the failure queues are empty"
    counts = {action: sum(one.action is action for one in results) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)


if __name__ == "__main__":
    app()
