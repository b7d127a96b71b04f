"""`scar rm`: SCAR's command that removes functions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli.named_functions import names_of
from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.session import Session


@click.command(epilog="Example: scar rm -f scar-mrbayes-batch.yaml")
@click.option("-n", "--name", metavar="FUNCTION", help="one function")
@click.option(
    "-f", "--conf-file", metavar="FILE", type=click.Path(path_type=Path), help="all of a file"
)
@click.option("-a", "--all", "everything", is_flag=True, help="all workflows of the region")
@click.option("--yes", is_flag=True, help="do not ask")
@as_json
@with_session
def rm(
    name: str | None,
    conf_file: Path | None,
    everything: bool,
    yes: bool,
    as_json: bool,
    session: Session,
) -> int:
    """Remove functions. Buckets with your files stay, and so do files on this machine.

    A function that shares its file with others is removed by a deployment of the file without it:
    name both, -n and -f, and remove it from the file as well, which is the truth.
    """
    from scar_constructs.terminal import say

    if sum((name is not None or conf_file is not None, everything)) != 1:
        raise click.UsageError("give -n NAME, -f FILE, both, or -a")
    if name is not None:
        return _remove_function(name, conf_file, yes, as_json, session)
    if conf_file is not None:
        stacks = _stacks_of(conf_file)
    else:
        from scar_constructs.operate.deployed import Workflows

        stacks = [one.name for one in Workflows(session).stacks]
        if not stacks:
            say(f"no workflow is deployed in region {session.region} of this account")
            return 0
    # A file is named on purpose, and SCAR's scripts answer no question.
    _ask(f"remove {', '.join(stacks)}?", yes or (conf_file is not None and not sys.stdin.isatty()))
    return _remove(stacks, as_json, session)


def _remove_function(
    name: str, file: Path | None, yes: bool, as_json: bool, session: Session
) -> int:
    from scar_constructs.cli.deployment import deploy_now
    from scar_constructs.errors import UserError
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.terminal import say

    workflows = Workflows(session)
    stack = workflows.stack(workflows.function(name).stack)
    others = [one.name for one in stack.functions if one.name != name]
    if not others:
        _ask(f"remove {stack.name}, which has no other function than {name}?", yes)
        return _remove([stack.name], as_json, session)
    if file is None:
        raise UserError(
            f"{name} is one of {len(others) + 1} functions of {stack.name}, and the file is the "
            f"truth: remove it there and run `scar deploy FILE`, or `scar rm -n {name} -f FILE`"
        )
    if name not in (known := names_of(None, file)):
        raise UserError(f"{file} has no function {name}; it has {', '.join(known)}")
    _ask(f"deploy {file} without {name}?", yes)
    code = deploy_now([file], session, without=name, as_json=as_json)
    if code == 0:
        say(f"{file} still has {name}: remove it there, or the next deployment makes it again")
    return code


def _stacks_of(file: Path) -> list[str]:
    from scar_constructs.language import load_application
    from scar_constructs.language.lock import find_lock

    application = load_application([file], lock=find_lock()).application
    return [stack.name for stack in application.stacks]


def _ask(question: str, yes: bool) -> None:
    """Raises `Abort` where the answer is no, and `UsageError` without a terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to ask on: add --yes")
    click.confirm(question, abort=True, err=True)


def _remove(stacks: list[str], as_json: bool, session: Session) -> int:
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.removal import remove
    from scar_constructs.terminal import put, say

    deployed = {one.name for one in Workflows(session).stacks}
    there = [name for name in stacks if name in deployed]
    for name in stacks:
        if name not in there:
            say(f"{name} is not deployed")
    remove(session, there, say)
    if as_json:
        put(f"{json.dumps({'removed': there})}\n")
    if there:
        say(f"removed {', '.join(there)}; buckets with your files stay")
    return 0 if there else 1
