"""`scar check`: every problem of files, with its place and its fix."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from scar_constructs.cli import options
from scar_constructs.language import FdlError, load_application
from scar_constructs.language.diagnostics.problems import Problem, Severity
from scar_constructs.language.diagnostics.rendering import Form, render_as
from scar_constructs.language.lock import find_lock
from scar_constructs.language.workflow.join import Application
from scar_constructs.terminal import put, say


@click.command(epilog="Example: scar check --format github examples/hello")
@options.paths
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Form]),
    default=Form.TEXT.value,
    show_default=True,
    help="json for tools, github for annotations of pull requests",
)
@click.option("--explain", "explained", is_flag=True, help="first list what becomes of every key")
@click.option("--quiet", is_flag=True, help="nothing but problems: no line that counts them")
@options.untrusted
@options.defaults
@options.images_lock
def check(
    paths: tuple[Path, ...],
    form: str,
    explained: bool,
    quiet: bool,
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
) -> int:
    """Report every problem of the files at PATHS; exit with 1 if there is an error.

    Needs neither Node.js nor CDK. Text goes to standard error, JSON and annotations to standard
    output.
    """
    lock = find_lock(images_lock)
    if explained:
        # Imported when asked for: the check, which runs at every save, should not wait for it.
        from scar_constructs.cli.explain import explain_files

        explain_files(paths)
    found: tuple[Problem, ...]
    try:
        loaded = load_application(paths, defaults, lock=lock, untrusted=untrusted)
        found, code, seen = loaded.warnings, 0, _seen(loaded.application)
    except FdlError as error:
        found, code, seen = error.problems, 1, ""
    stream = sys.stderr if form == Form.TEXT else sys.stdout
    text = render_as(Form(form), found, stream)
    if text:
        put(f"{text}\n", stream)
    if not quiet:
        say(f"{seen}{_count(found)}")
    return code


def _seen(application: Application) -> str:
    functions = sum(len(stack.functions) for stack in application.stacks)
    return f"{_several(len(application.stacks), 'file')}, {_several(functions, 'function')}, "


def _count(found: Sequence[Problem]) -> str:
    counts = Counter(one.severity for one in found)
    words = [
        _several(counts[severity], severity.value) for severity in Severity if counts[severity]
    ]
    return ", ".join(words) or "no problem"


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}" + "s" * (count != 1)
