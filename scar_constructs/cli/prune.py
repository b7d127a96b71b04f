"""`scar prune`: remove what destroyed stacks left of their own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.prune.leftovers import Leftover
    from scar_constructs.operate.session import Session

_SERVICES = ("cloudformation", "s3", "batch", "iam", "apigateway")


@click.command(epilog="Example: scar prune hello --dry-run")
@click.argument("stacks", nargs=-1, required=True, metavar="STACK...")
@click.option("--dry-run", is_flag=True, help="show what would be removed, and change nothing")
@as_json
@with_session
def prune(stacks: tuple[str, ...], dry_run: bool, as_json: bool, session: Session) -> None:
    """Remove what each STACK left of its own when it was destroyed.

    That is the spool bucket with what is in it, old revisions of job definitions, and the role of
    API Gateway's logs unless the region's setting names it. Buckets with your files are shown and
    stay. What a stack that is there now uses is not touched. Credentials and region are those of
    the AWS CLI; CloudFormation remembers deleted stacks for 90 days.
    """
    from scar_constructs.operate.prune.leftovers import Leftovers, Services
    from scar_constructs.terminal import put, say

    found: list[Leftover] = []
    services = Services(*(session.client(name) for name in _SERVICES))
    for stack in stacks:
        leftovers = Leftovers(services, stack)
        for one in leftovers.look() if dry_run else leftovers.remove():
            found.append(one)
            if not as_json:
                say(_line(one), sys.stdout)
                sys.stdout.flush()
    if as_json:
        put(f"{json.dumps([_document(one) for one in found], indent=1)}\n")
    say(_summary(found))


def _line(leftover: Leftover) -> str:
    from scar_constructs.terminal import visible

    facts = [leftover.action.value, leftover.kind, leftover.name, leftover.note]
    return "  ".join(visible(fact) for fact in facts if fact)


def _document(leftover: Leftover) -> dict[str, str]:
    return {**vars(leftover), "action": leftover.action.value}


def _summary(found: list[Leftover]) -> str:
    from scar_constructs.operate.prune.leftovers import Action

    if not found:
        return "nothing is left of stacks of this name that CloudFormation remembers in this region"
    counts = {action: sum(one.action is action for one in found) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)
