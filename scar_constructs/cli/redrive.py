"""`scar redrive`: give failed events to their functions again."""

from __future__ import annotations

import json
import sys

import click

from scar_constructs.cli import options
from scar_constructs.cli.session import aws_session
from scar_constructs.operate.redrive.queue import Action, Failures, Result
from scar_constructs.operate.redrive.stack import Stack
from scar_constructs.terminal import put, say


@click.command(epilog="Example: scar redrive hello --dry-run")
@click.argument("stack")
@click.option("--dry-run", is_flag=True, help="show what is in the queues, and change nothing")
@options.as_json
def redrive(stack: str, dry_run: bool, as_json: bool) -> int:
    """Give the failed events of the STACK to their functions again, once what broke them is mended.

    Takes each message of the failure queues: an event that Lambda gave up, a job that failed, or an
    event that could not be delivered. The function is invoked with the same event, asynchronously,
    and the message is removed once that is accepted. What has been done in the meantime is not done
    again. A message that does not come from this workflow is shown, and never obeyed. Credentials
    and region are those of the AWS CLI.

    The exit code is 1 if a message had to stay in a queue.
    """
    results = []
    with aws_session() as session:
        waiting = Failures(session, Stack(session, stack))
        for result in waiting.look() if dry_run else waiting.redrive():
            results.append(result)
            if not as_json:
                say(_line(result), sys.stdout)
                sys.stdout.flush()
    if as_json:
        put(f"{json.dumps([_document(one) for one in results], indent=1)}\n")
    say(_summary(results))
    return 1 if any(one.action.stays for one in results) else 0


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
