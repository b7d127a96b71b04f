"""`python -m scar_constructs.fdl`: check files, and show what becomes of them.

argparse, because it is there already: the whole check of a small file takes less time than
importing a larger library would add.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scar_constructs.fdl import (
    FdlError,
    LoadedApplication,
    load_application,
    render,
    runtime_config,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        loaded = load_application(options.paths, options.defaults)
    except FdlError as error:
        print(error, file=sys.stderr)
        return 1
    if loaded.warnings:
        print(render(loaded.warnings), file=sys.stderr)
    if options.command == "config":
        return _config(loaded, options.function)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scar_constructs.fdl", description="Check SCAR's YAML files."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="report every problem; exit 1 if there is any")
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    config = commands.add_parser("config", help="print the runtime's configuration of a function")
    config.add_argument("paths", nargs=1, type=Path, metavar="PATH")
    config.add_argument("function", metavar="FUNCTION")
    for command in (check, config):
        command.add_argument("--defaults", type=Path, help="scar.cfg, or YAML of the same form")
    return parser


def _config(loaded: LoadedApplication, name: str) -> int:
    functions = [function for stack in loaded.application.stacks for function in stack.functions]
    for function in functions:
        if function.name == name:
            sys.stdout.write(runtime_config.render(function))
            return 0
    known = ", ".join(function.name for function in functions)
    print(f"no function is named {name}; there are: {known}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
