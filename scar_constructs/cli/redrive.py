"""`scar redrive` and `scar failures`: failed events, and giving them to their functions again."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.redrive.queue import Failures, Result
    from scar_constructs.operate.session import Session

_RATE = 10.0

_function_option = click.option("--function", metavar="NAME", help="only the events of a function")
_since_option = click.option(
    "--since", metavar="MOMENT", help="only what failed since: 30m, 12h, 7d ago, or a date"
)


@click.command(epilog="Example: scar redrive hello --dry-run")
@click.argument("stack")
@click.option("--dry-run", is_flag=True, help="show what is in the queues, and change nothing")
@_function_option
@_since_option
@click.option(
    "--rate", default=_RATE, show_default=True, help="events in a second, so that none is throttled"
)
@as_json
@with_session
def redrive(
    stack: str,
    dry_run: bool,
    function: str | None,
    since: str | None,
    rate: float,
    as_json: bool,
    session: Session,
) -> int:
    """Give the failed events of the STACK to their functions again, once what broke them is mended.

    Takes each message of the failure queues: an event that Lambda gave up, a job that failed, or an
    event that could not be delivered. The function is invoked with the same event, asynchronously,
    and the message is removed once that is accepted. What has been done in the meantime is not done
    again. A message that does not come from this workflow is shown, and never obeyed. Interrupted
    and called again, it goes on with what is left.

    The exit code is 1 if a message had to stay in a queue.
    """
    if rate <= 0:
        raise click.BadParameter("must be more than 0", param_hint="--rate")
    waiting = _failures(session, stack, function, since, lambda: time.sleep(1 / rate))
    found = waiting.look() if dry_run else waiting.redrive()
    results = []
    for result in found:
        results.append(result)
        if not as_json:
            _say(_line(result))
    return _end(results, as_json)


@click.command(epilog="Example: scar failures hello")
@click.argument("stack")
@_function_option
@_since_option
@as_json
@with_session
def failures(
    stack: str, function: str | None, since: str | None, as_json: bool, session: Session
) -> None:
    """Show the failed events that wait in the STACK: when, which function and file, why, the last
    lines of the script, and what traces and redrives them. Nothing is changed."""
    found = _failures(session, stack, function, since).look()
    results = []
    for result in found:
        results.append(result)
        if not as_json:
            _say("\n".join(_paragraph(stack, result)))
    _end(results, as_json)


def _failures(
    session: Session,
    stack: str,
    function: str | None,
    since: str | None,
    pause: Callable[[], None] = lambda: None,
) -> Failures:
    from scar_constructs.operate.moments import since as moment
    from scar_constructs.operate.redrive.queue import Choice, Failures
    from scar_constructs.operate.redrive.stack import Stack

    choice = Choice(function, moment(since) if since else None)
    deployed = Stack(session, stack)
    if function is not None:
        deployed.require(function)
    return Failures(session, deployed, choice, pause)


def _say(text: str) -> None:
    from scar_constructs.terminal import say

    say(text, sys.stdout)
    sys.stdout.flush()


def _end(results: list[Result], as_json: bool) -> int:
    """Print the whole, and give the exit code."""
    from scar_constructs.terminal import put, say

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


def _paragraph(stack: str, result: Result) -> Iterable[str]:
    from scar_constructs.cli.tables import moment_words

    when = moment_words(result.sent) if result.sent else "at an unknown time"
    if result.function is None:
        yield f"{when}  {result.action.value}: {result.note} (message {result.message})"
        return
    yield f"{when}  {result.function}  {result.input or 'an event without a file'}"
    yield from (f"    {line}" for line in result.reason.splitlines())
    if result.log:
        yield f"    log: {result.log}"
    if result.input:
        yield f"    trace: scar trace s3://{result.input}"
    yield f"    redrive: scar redrive {stack} --function {result.function}"


def _document(result: Result) -> dict[str, object]:
    return {**vars(result), "action": result.action.value}


def _summary(results: list[Result]) -> str:
    from scar_constructs.operate.redrive.queue import Action

    if not results:
        return "no failed event waits"
    counts = {action: sum(one.action is action for one in results) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)
