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

_SERVICES = ("cloudformation", "s3", "batch", "iam", "apigateway", "ecr", "sts")


@click.command(epilog="Example: scar prune hello --dry-run")
@click.argument("stacks", nargs=-1, required=True, metavar="STACK...")
@click.option("--dry-run", is_flag=True, help="show what would be removed, and change nothing")
@click.option("--yes", is_flag=True, help="do not ask on a terminal")
@as_json
@with_session
def prune(
    stacks: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool, session: Session
) -> None:
    """Remove what each STACK left of its own when it was destroyed.

    That is the spool bucket with what is in it, old revisions of job definitions, images that
    no stack uses any more (in the CDK's repository, and on this machine), and the role of API
    Gateway's logs unless the region's setting names it. On a terminal, the list is shown with its
    sizes before you are asked. Buckets with your files are shown and stay. What a stack that is
    there now uses is not touched. CloudFormation remembers deleted stacks for 90 days.
    """
    from scar_constructs.local.engine_images import EngineImages
    from scar_constructs.local.engines import choose
    from scar_constructs.operate.prune.leftovers import Leftovers, Services
    from scar_constructs.terminal import put, say

    services = Services(*(session.client(name) for name in _SERVICES))
    local = EngineImages(choose(None))
    everything = [Leftovers(services, stack, local) for stack in stacks]
    if not dry_run and not yes and sys.stdin.isatty():
        _ask([one for leftovers in everything for one in leftovers.look()])
    found: list[Leftover] = []
    for leftovers in everything:
        for one in leftovers.look() if dry_run else leftovers.remove():
            found.append(one)
            if not as_json:
                say(_line(one), sys.stdout)
                sys.stdout.flush()
    if as_json:
        put(f"{json.dumps([_document(one) for one in found], indent=1)}\n")
    say(_summary(found))


def _ask(found: list[Leftover]) -> None:
    """Show what would go, and ask. Raises `Abort` where the answer is no."""
    from scar_constructs.cli.tables import size_words
    from scar_constructs.operate.prune.leftovers import Action
    from scar_constructs.terminal import say

    for one in found:
        say(_line(one))
    going = [one for one in found if one.action is Action.FOUND]
    if going:
        total = size_words(sum(one.size or 0 for one in going))
        click.confirm(f"remove {len(going)} of these, {total}?", abort=True, err=True)


def _line(leftover: Leftover) -> str:
    from scar_constructs.cli.tables import size_words
    from scar_constructs.terminal import visible

    size = size_words(leftover.size) if leftover.size else ""
    facts = [leftover.action.value, leftover.kind, leftover.name, size, leftover.note]
    return "  ".join(visible(fact) for fact in facts if fact)


def _document(leftover: Leftover) -> dict[str, object]:
    return {**vars(leftover), "action": leftover.action.value}


def _summary(found: list[Leftover]) -> str:
    from scar_constructs.operate.prune.leftovers import Action

    if not found:
        return "nothing is left of stacks of this name that CloudFormation remembers in this region"
    counts = {action: sum(one.action is action for one in found) for action in Action}
    return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count)
