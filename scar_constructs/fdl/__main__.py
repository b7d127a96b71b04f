"""`python -m scar_constructs.fdl`: check files, and show what becomes of them.

argparse, because it is there already: the whole check of a small file takes less time than
importing a larger library would add.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from scar_constructs.fdl import FdlError, load_application, runtime_config
from scar_constructs.fdl.errors import Problem, Report, Severity
from scar_constructs.fdl.loader import find_files
from scar_constructs.fdl.lock import LOCK_FILE, LockError, find_lock
from scar_constructs.fdl.rendering import Form, render, render_as
from scar_constructs.fdl.workflow import Application
from scar_constructs.terminal import put, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "schema":
        return _schema()
    try:
        options.lock = find_lock(options.images_lock)
    except LockError as error:
        say(error)
        return 1
    if options.command == "config":
        return _config(options)
    if options.explain:
        _explain(options.paths)
    return _check(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scar_constructs.fdl", description="Check SCAR's YAML files."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="report every problem; exit 1 if there is an error")
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    check.add_argument(
        "--format",
        choices=[form.value for form in Form],
        default=Form.TEXT.value,
        help="json for tools, github for annotations of pull requests",
    )
    check.add_argument(
        "--explain", action="store_true", help="list what becomes of every key of the files"
    )
    check.add_argument(
        "--quiet", action="store_true", help="nothing but problems: no line that counts them"
    )
    check.add_argument(
        "--untrusted",
        action="store_true",
        help="for files of somebody else: refuse what they take from outside of their folder",
    )
    config = commands.add_parser("config", help="print the runtime's configuration of a function")
    config.add_argument("path", type=Path, metavar="PATH", help="a file or a folder")
    config.add_argument("function", metavar="FUNCTION")
    commands.add_parser("schema", help="print the JSON Schema of the files")
    for command in (check, config):
        command.add_argument(
            "--defaults", type=Path, metavar="PATH", help="scar.cfg, or YAML of the same form"
        )
        command.add_argument(
            "--images-lock", type=Path, metavar="PATH", help=f"default: {LOCK_FILE} in this folder"
        )
    return parser


def _check(options: argparse.Namespace) -> int:
    """Text goes to standard error, what is made for tools to standard output."""
    form = Form(options.format)
    found: tuple[Problem, ...]
    try:
        loaded = load_application(
            options.paths, options.defaults, lock=options.lock, untrusted=options.untrusted
        )
        found, code = loaded.warnings, 0
        seen = _seen(loaded.application)
    except FdlError as error:
        found, code, seen = error.problems, 1, ""
    stream = sys.stderr if form is Form.TEXT else sys.stdout
    text = render_as(form, found, stream)
    if text:
        put(f"{text}\n", stream)
    if not options.quiet:
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


def _schema() -> int:
    # Imported when asked for: the check, which runs at every save, should not wait for it.
    from scar_constructs.fdl.schema import render_schema

    put(render_schema())
    return 0


def _explain(paths: Sequence[Path]) -> None:
    """Each file that can be read; the check tells what cannot."""
    # As above.
    from scar_constructs.fdl.explain import explain, render_explanation
    from scar_constructs.fdl.reader import read_file

    report = Report()
    for path in find_files(paths, report):
        root = read_file(path, report)
        if root is not None:
            put(f"{render_explanation(explain(root))}\n")


def _config(options: argparse.Namespace) -> int:
    name = options.function
    try:
        loaded = load_application([options.path], options.defaults, lock=options.lock)
    except FdlError as error:
        put(f"{render(error.problems, sys.stderr)}\n", sys.stderr)
        return 1
    functions = [function for stack in loaded.application.stacks for function in stack.functions]
    for function in functions:
        if function.name == name:
            put(runtime_config.render(function))
            return 0
    known = ", ".join(function.name for function in functions)
    say(f"no function is named {name}; there are: {known}")
    return 1


def _run() -> int:
    """The exit code; a reader that closed the pipe (`| head`) is no fault."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(_run())
