"""`python -m scar_constructs.prune`: remove what destroyed stacks left of their own."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.prune.leftovers import Action, Leftover, Leftovers, Services
from scar_constructs.redrive.faults import NO_REGION, explained
from scar_constructs.terminal import put, say, visible

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def prune(
    stacks: Annotated[
        list[str], typer.Argument(metavar="STACK...", help="names of stacks that were destroyed")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be removed, and change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Remove what stacks left of their own when they were destroyed.

    That is the spool bucket with what is in it, old revisions of job definitions, and the role of
    API Gateway's logs unless the region's setting names it. Buckets with your files are shown and
    stay. What a stack that is there now uses is not touched. Credentials and region are those of
    the AWS CLI; CloudFormation remembers deleted stacks for 90 days.

    Example: python -m scar_constructs.prune hello --dry-run
    """
    found: list[Leftover] = []
    try:
        # boto3 itself knows only the older of the two names.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        if not session.region_name:
            raise _failed(NO_REGION)
        names = ("cloudformation", "s3", "batch", "iam", "apigateway")
        services = Services(*(session.client(name) for name in names))
        for stack in stacks:
            leftovers = Leftovers(services, stack)
            for one in leftovers.look() if dry_run else leftovers.remove():
                found.append(one)
                if not as_json:
                    say(_line(one), sys.stdout)
                    sys.stdout.flush()
    except (BotoCoreError, ClientError) as error:
        raise _failed(explained(error)) from None
    if as_json:
        put(f"{json.dumps([_document(one) for one in found], indent=1)}\n")
    say(_summary(found))


def _failed(line: str) -> typer.Exit:
    say(line)
    return typer.Exit(1)


def _line(leftover: Leftover) -> str:
    facts = [leftover.action.value, leftover.kind, leftover.name, leftover.note]
    return "  ".join(visible(fact) for fact in facts if fact)


def _document(leftover: Leftover) -> dict[str, str]:
    return {**vars(leftover), "action": leftover.action.value}


def _summary(found: list[Leftover]) -> str:
    if not found:
        return "nothing is left of stacks of this name that CloudFormation remembers in this region"
    counts = {action: sum(one.action is action for one in found) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)


if __name__ == "__main__":
    app()
