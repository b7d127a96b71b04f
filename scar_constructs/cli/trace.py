"""`scar trace`: where a file came from, and everything that came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from scar_constructs.operate.executions import Execution
    from scar_constructs.operate.session import Session
    from scar_constructs.operate.trace import File, Step, Trace


@click.command(epilog="Example: scar trace s3://my-bucket/results/a.txt")
@click.argument("path", metavar="S3-PATH")
@as_json
@with_session
def trace(path: str, as_json: bool, session: Session) -> int:
    """Show the upload from which the file at S3-PATH came, and everything that came of that upload.

    For each execution: function, service, status, seconds, how long it waited, outputs and log.
    What failed is shown with its reason, and the command that runs it again.

    The exit code is 1 if an execution failed.
    """
    from scar_constructs.operate.deployed import Workflows
    from scar_constructs.operate.objects import SCHEME
    from scar_constructs.operate.trace import Tracer

    found = Tracer(session, Workflows(session)).trace(path.removeprefix(SCHEME))
    if as_json:
        import json

        from scar_constructs.terminal import put

        put(f"{json.dumps(found.document(), indent=1)}\n")
    else:
        from scar_constructs.cli.tables import console

        console().print(_drawn(found))
    return 1 if any(one.status == "failed" for one in _last(found)) else 0


def _last(found: Trace) -> list[Execution]:
    """The last execution of each function on each input: a failure that was redriven is none."""
    last = {(one.function, one.input): one for one in found.executions if not one.is_handed_over}
    return list(last.values())


def _drawn(found: Trace) -> Tree:
    from rich.tree import Tree

    top = Tree(_file(found.root, found.asked))
    _add_steps(top, found.root, found.asked)
    return top


def _file(file: File, asked: str) -> Text:
    from rich.text import Text

    from scar_constructs.terminal import visible

    return Text(f"s3://{visible(file.path)}", style="bold" if file.path == asked else "")


def _add_steps(tree: Tree, file: File, asked: str) -> None:
    for step in file.steps:
        branch = tree.add(_step(step))
        for output in step.files:
            _add_steps(branch.add(_file(output, asked)), output, asked)
        if step.execution.output_count > len(step.files):
            branch.add(f"... and {step.execution.output_count - len(step.files)} more outputs")


def _step(step: Step) -> Text:
    from rich.text import Text

    from scar_constructs.cli.tables import seconds_words
    from scar_constructs.terminal import visible, visible_lines

    done = step.execution
    shown = Text(f"{visible(done.function)} ({done.service}) ")
    shown.append(
        visible(done.status), style={"failed": "red", "succeeded": "green"}.get(done.status, "")
    )
    shown.append(f" in {seconds_words(done.seconds)}")
    if step.attempts > 1:
        shown.append(f", at attempt {step.attempts}")
    if step.queue_seconds:
        shown.append(f", after {seconds_words(step.queue_seconds)} of waiting")
    if done.stream:
        shown.append(f"\nlog {visible(done.group)} {visible(done.stream)}", style="dim")
    if done.reason:
        shown.append(f"\n{visible_lines(done.reason)}", style="red")
    if step.redrive:
        shown.append(f"\nto run it again: {step.redrive}", style="bold")
    return shown
