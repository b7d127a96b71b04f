"""`python -m scar_constructs.redrive`: give failed events to their functions again."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.defaults import FAILURES_OUTPUT
from scar_constructs.redrive.failures import RedriveError
from scar_constructs.redrive.queue import Action, Queue, Result, Services

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def redrive(
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", help="URL or name of a failure queue")
    ] = None,
    stack: Annotated[
        str | None, typer.Option(metavar="NAME", help="the failure queue of this stack")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what is in the queue, and change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Give the failed events of a stack to their functions again, once what broke them is mended.

    Takes each message of the failure queue: an event that Lambda gave up, or a job that failed.
    The function is invoked with the same event, asynchronously, and the message is removed once
    that is accepted. What has been done in the meantime is not done again. Credentials and region
    are those of the AWS CLI.

    The exit code is 1 if a message had to stay in the queue.
    """
    try:
        # boto3 itself knows only the older of the two names.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        services = Services(session.client("sqs"), session.client("lambda"), session.client("s3"))
        waiting = Queue(services, _url(session, queue, stack))
        results = []
        for result in waiting.look() if dry_run else waiting.redrive():
            results.append(result)
            if not as_json:
                sys.stdout.write(f"{_line(result)}\n")
                sys.stdout.flush()
    except (RedriveError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(f"{json.dumps([_document(one) for one in results], indent=1)}\n")
    sys.stderr.write(f"{_summary(results)}\n")
    raise typer.Exit(1 if any(one.action is Action.KEPT for one in results) else 0)


def _url(session: Any, queue: str | None, stack: str | None) -> str:
    """The address of the queue that is meant. Raises `RedriveError`."""
    match queue, stack:
        case str(), None:
            if "://" in queue:
                return queue
            return str(session.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])
        case None, str():
            return _url_of_stack(session, stack)
    raise RedriveError("name either a failure queue or, with --stack, a stack")


def _url_of_stack(session: Any, name: str) -> str:
    (found,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    for output in found.get("Outputs", ()):
        if output.get("Description") == FAILURES_OUTPUT:
            return str(output["OutputValue"])
    raise RedriveError(f"stack {name} has no output {FAILURES_OUTPUT!r}: it is none of SCAR")


def _line(result: Result) -> str:
    facts = [result.action.value, result.function, result.input, result.reason, result.note]
    return "  ".join(" ".join(fact.split()) for fact in facts if fact)


def _document(result: Result) -> dict[str, str | None]:
    return {**vars(result), "action": result.action.value}


def _summary(results: list[Result]) -> str:
    if not results:
        return "the failure queue is empty"
    counts = {action: sum(one.action is action for one in results) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)


if __name__ == "__main__":
    app()
