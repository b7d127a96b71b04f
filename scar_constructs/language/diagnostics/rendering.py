"""How problems look: for logs, on a terminal, for tools, and for pull requests."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from scar_constructs.language.diagnostics.catalogue import RULES
from scar_constructs.language.diagnostics.problems import Problem, Severity
from scar_constructs.model import limits
from scar_constructs.terminal import shorten, visible, visible_lines

_COLOURS = {Severity.ERROR: "\033[1;31m", Severity.WARNING: "\033[1;33m"}
_BOLD, _DIM, _RESET = "\033[1m", "\033[2m", "\033[0m"
_WIDTH = 100


class Form(StrEnum):
    """The forms a user may ask for."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def render(problems: Iterable[Problem], stream: TextIO | None = None) -> str:
    """The text for people: one line a problem; on a terminal, with its line of the file.

    `stream` is where the text goes. Colour is left out if NO_COLOR is set (https://no-color.org).
    """
    if stream is not None and stream.isatty():
        return render_for_terminal(problems, is_coloured=not os.environ.get("NO_COLOR"))
    return "\n".join(_line(problem) for problem in problems)


def render_as(form: Form, problems: Iterable[Problem], stream: TextIO) -> str:
    """The text in the form that was asked for."""
    if form is Form.JSON:
        return _json(problems)
    if form is Form.GITHUB:
        return "\n".join(_annotation(problem) for problem in problems)
    return render(problems, stream)


def _line(problem: Problem) -> str:
    """`error: path: rule, got value; fix (file:line:column) [code]`."""
    place = f"{problem.file}:{problem.line}:{problem.column}"
    head = f"{problem.severity.value}: {_what(problem)}"
    return visible(f"{head}; {problem.fix} ({place}) [{problem.rule}]")


def _what(problem: Problem) -> str:
    where = f"{problem.path}: " if problem.path else ""
    got = f", got {problem.got}" if problem.got else ""
    return f"{where}{problem.message}{got}"


def render_for_terminal(problems: Iterable[Problem], *, is_coloured: bool) -> str:
    """As compilers do: the problem, its line of the file, a caret under it, and the fix."""
    files: dict[str, list[str]] = {}
    blocks = []
    told = list(problems)
    hidden = {(one.file, one.line) for one in told if RULES[one.rule].hides_source}
    for problem in told:
        if problem.file not in files:
            of_file = [one for one in told if one.file == problem.file]
            files[problem.file] = _shown_lines(_source_lines(problem.file), of_file)
        lines = [] if (problem.file, problem.line) in hidden else files[problem.file]
        blocks.append(_block(problem, lines, is_coloured=is_coloured))
    return "\n\n".join(blocks)


def _source_lines(file: str) -> list[str]:
    """The lines of the file; none if it cannot be read, which is a problem of its own."""
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(limits.FILE_MAX_BYTES)
    except (OSError, ValueError):
        return []
    return data.decode("utf-8-sig", errors="replace").splitlines()


def _block(problem: Problem, lines: list[str], *, is_coloured: bool) -> str:
    colour, bold, dim, reset = (
        (_COLOURS[problem.severity], _BOLD, _DIM, _RESET) if is_coloured else ("", "", "", "")
    )
    place = f"{problem.file}:{problem.line}:{problem.column}"
    head = f"{colour}{problem.severity.value}[{problem.rule}]{reset}"
    text = f"{head}: {bold}{visible(_what(problem))}{reset}\n"
    number = str(problem.line)
    gap = " " * len(number)
    text += f"{gap} {dim}-->{reset} {visible(place)}\n"
    if problem.path and problem.line <= len(lines):
        source, caret = _underlined(lines[problem.line - 1], problem)
        text += f"{gap} {dim}|{reset}\n{dim}{number} |{reset} {source}\n"
        text += f"{gap} {dim}|{reset} {colour}{caret}{reset}\n"
    return f"{text}{gap} {dim}={reset} fix: {visible(problem.fix)}"


def _shown_lines(lines: list[str], problems: Iterable[Problem]) -> list[str]:
    """What may be shown of a file: not the value of a key that nobody knows, which may be something
    secret under a misspelt name."""
    shown = list(lines)
    for problem in problems:
        if problem.rule == "unknown-key" and problem.line <= len(shown):
            line, end = shown[problem.line - 1], problem.column - 1 + problem.length
            after = line[end:].lstrip("\"'")
            if after.startswith(":"):
                shown[problem.line - 1] = f"{line[: len(line) - len(after)]}: ..."
    return shown


def _underlined(line: str, problem: Problem) -> tuple[str, str]:
    """The part of the line around the problem, and the carets that go under it.

    What is not printable is replaced, so that no file can send commands to the terminal.
    """
    start = problem.column - 1
    first = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = "".join(c if c.isprintable() else " " for c in line[first : first + _WIDTH])
    before = shown[: start - first]
    under = shown[start - first : start - first + problem.length]
    return shown, " " * _columns(before) + "^" * max(1, _columns(under))


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - marks


def _json(problems: Iterable[Problem]) -> str:
    rows = [
        {
            "severity": problem.severity.value,
            "rule": problem.rule,
            "path": problem.path,
            "message": problem.message,
            "got": problem.got,
            "fix": problem.fix,
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "length": problem.length,
        }
        for problem in problems
    ]
    return json.dumps(rows, indent=2)


def _annotation(problem: Problem) -> str:
    """A workflow command of GitHub Actions, which becomes a note beside the line.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    properties = {
        "file": problem.file,
        "line": problem.line,
        "col": problem.column,
        "endColumn": problem.column + problem.length,
        "title": problem.rule,
    }
    inside = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = _data(visible_lines(f"{_what(problem)}; {problem.fix}"))
    return f"::{problem.severity.value} {inside}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(shorten(text, 400)).replace(":", "%3A").replace(",", "%2C")
