"""Checks of what runs where there is no script: that something does, and that it is what is meant.

Nobody can see an image from here. What it runs is known from the lock file, from the image's own
file, or from what the YAML file says in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar, child_path
from scar_constructs.language.yaml.tree import Sequence as SequenceNode
from scar_constructs.model import Function
from scar_constructs.terminal import quote

LOCK_COMMAND = "scar lock"
SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})
INTERPRETERS = SHELLS | frozenset(
    {
        *("python", "pypy", "node", "irb", "php", "perl", "R", "julia", "iex", "erl", "ghci"),
        *("jshell", "lua", "groovysh", "clojure", "scala", "racket", "deno"),
    }
)
"""Programs that wait for a person when they are started alone, as base images start them."""
_WRAPPERS = frozenset({"tini", "dumb-init", "catatonit", "env", "nice", "docker-entrypoint.sh"})
"""Programs that start the one after them."""
_FOR_A_PERSON = frozenset({"-a", "-de0", "-i", "-l"})
_SCRIPT, _ENTRYPOINT, _COMMAND, _IMAGE_FILE = (
    "lambda.init_script",
    "lambda.container.entrypoint",
    "lambda.container.command",
    "lambda.container.image_file",
)


def check_commands(parsed: ParsedFunction) -> None:
    """Add all problems to the function's report."""
    for check in COMMAND_CHECKS:
        for found in check(parsed):
            parsed.section.report.add(found)


def check_something_runs(parsed: ParsedFunction) -> Iterator[Problem]:
    """A function without a script has a command. Where only calls can start it, each may bring a
    script of its own, as `scar run -s` does."""
    function = parsed.function
    if function.script or not function.create_image or _is_told_already(parsed):
        return
    missing = _missing(function)
    if missing is None:
        return
    message, is_unknown = missing
    fix = f"write `init_script: run.sh`, or `{_key(parsed, 'command')}: [program, argument]`"
    if is_unknown:
        fix += f", or have `{LOCK_COMMAND} FILE` note what the image runs"
    is_started = bool(function.inputs or function.api)
    rule = "nothing-to-run" if is_started else "script-with-each-call"
    if not is_started:
        message += ": each call has to bring a `script` or `cmd_args`"
    place = parsed.section.node
    yield problem(rule, child_path(place.path, "init_script"), place.position, message, "", fix)


def _is_told_already(parsed: ParsedFunction) -> bool:
    """Whether something else is wrong with the image, the script or the command."""
    section, function = parsed.section, parsed.function
    if _is_misspelt(parsed):
        return True
    if not function.image and section.find(_IMAGE_FILE) is None:
        return True
    own = function.own_command
    return (
        section.node.find(_SCRIPT) is not None
        or (section.node.find(_COMMAND) is not None and own.command is None)
        or (section.node.find(_ENTRYPOINT) is not None and own.entrypoint is None)
    )


def _is_misspelt(parsed: ParsedFunction) -> bool:
    """Whether a key of the function that nobody knows was taken for one that says what runs."""
    inside = f"{parsed.section.node.path}."
    words = tuple(f"`{place.rpartition('.')[2]}`" for place in (_SCRIPT, _ENTRYPOINT, _COMMAND))
    return any(
        one.path.startswith(inside) and any(word in one.fix for word in words)
        for one in parsed.section.report.of_rule("unknown-key")
    )


def _missing(function: Function) -> tuple[str, bool] | None:
    """What is missing for something to run, and whether it is only not known; None if something
    runs."""
    if function.own_command.words:
        return None
    image = function.image_command
    if image.entrypoint is None and function.own_command.entrypoint is None:
        if not function.build:
            return None  # the platform knows
        return "has no script, and what its image runs is not known", True
    if not function.command.words:
        return "has no script, and its image runs nothing: it has no ENTRYPOINT and no CMD", False
    idle = idle_program(image.command or image.entrypoint or ())
    if idle:
        return f"has no script, and its image runs {idle} alone, which waits for a person", False
    return None


def idle_program(words: Sequence[str]) -> str | None:
    """The interpreter that is all that the words start, if it is."""
    if len(words) == 3 and PurePath(words[0]).name in SHELLS and words[1] == "-c":
        words = words[2].split()
    while words and (PurePath(words[0]).name in _WRAPPERS or words[0].startswith("-")):
        words = words[1:]
    if not words or not set(words[1:]) <= _FOR_A_PERSON:
        return None
    name = PurePath(words[0]).name
    return name if re.sub(r"[\d.]+$", "", name) in INTERPRETERS else None


def check_known_entrypoint(parsed: ParsedFunction) -> Iterator[Problem]:
    """CMD alone is half of a command line, if the image has an ENTRYPOINT."""
    function, node = parsed.function, parsed.section.find(_COMMAND)
    if function.own_command.command is None:
        return
    is_known = (function.own_command.entrypoint, function.image_command.entrypoint) != (None, None)
    if node is None or is_known or function.script or not function.is_derived:
        return
    message = "the image's ENTRYPOINT is not known, and is taken for none"
    fix = (
        f"have `{LOCK_COMMAND} FILE` note it, or write `{_key(parsed, 'entrypoint')}: []` if there"
        " is none"
    )
    yield problem("entrypoint-unknown", node.path, node.position, message, "", fix)


def check_command_without_use(parsed: ParsedFunction) -> Iterator[Problem]:
    """A script runs in place of CMD."""
    node = parsed.section.find(_COMMAND)
    if node is not None and parsed.function.script:
        message = "has no effect: `init_script` runs in its place"
        yield problem("ignored-key", node.path, node.position, message, "", "remove one of the two")


def check_fixed_entrypoint(parsed: ParsedFunction) -> Iterator[Problem]:
    """Batch can replace CMD, and not ENTRYPOINT."""
    function, node = parsed.function, parsed.section.find(_ENTRYPOINT)
    if node is None or function.is_derived or not function.execution_mode.runs_on_batch:
        return
    message = "jobs cannot replace the ENTRYPOINT of an image that is used as it is"
    fix = f"write the words into `{_key(parsed, 'command')}` if the image has none, or build on it"
    yield fault("no-build-conflict", node, message, fix)


def check_variables(parsed: ParsedFunction) -> Iterator[Problem]:
    """Only a shell puts values in the place of names."""
    words = parsed.function.own_command.words
    if any(PurePath(word).name in SHELLS for word in words):
        return
    for place in (_ENTRYPOINT, _COMMAND):
        node = parsed.section.find(place)
        for item in node.items if isinstance(node, SequenceNode) else ():
            found = isinstance(item, Scalar) and re.search(r"\$\(?\{?[A-Za-z_]\w*", item.text)
            if isinstance(item, Scalar) and found:
                message = f"{found[0]} stays as it is: only a shell replaces variables"
                line = " ".join(words)
                fix = f'write ["/bin/sh", "-c", {quote(line)}]'
                yield problem("variable-not-replaced", item.path, item.position, message, "", fix)


def _key(parsed: ParsedFunction, name: str) -> str:
    """The key as the function's dialect has it. A classic function is its name's own value."""
    is_classic = parsed.name_at.path == parsed.section.node.path
    return name if is_classic else f"container.{name}"


COMMAND_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_something_runs,
    check_known_entrypoint,
    check_command_without_use,
    check_fixed_entrypoint,
    check_variables,
)
