"""A file to nodes: what cannot be read safely is refused here."""

from __future__ import annotations

from pathlib import Path

import yaml

from scar_constructs.language.diagnostics.problems import Position, Problem, Report
from scar_constructs.language.yaml.compose import Composer, UnreadableError
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Scalar
from scar_constructs.model import limits
from scar_constructs.terminal import quote


def read_file(path: Path, report: Report) -> Mapping | None:
    """The file as a mapping, or None after its problems were added to the report."""
    try:
        return _compose_mapping(str(path), _read_text(path), report)
    except UnreadableError as unreadable:
        report.add(unreadable.problem)
        return None


def _refuse(rule: str, file: str, message: str, fix: str, got: str = "") -> UnreadableError:
    return UnreadableError(problem(rule, "", Position(file), message, got, fix))


def _read_text(path: Path) -> str:
    """The text of the file; UTF-8 with or without a byte order mark."""
    file = str(path)
    try:
        if not path.exists():
            raise _refuse("file-missing", file, "no such file", "check the path")
        if not path.is_file():
            raise _refuse("file-unreadable", file, "is not a file", "give a YAML file")
        with path.open("rb") as stream:
            data = stream.read(limits.FILE_MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refuse(
            "file-unreadable", file, f"cannot be read: {reason.lower()}", "check its permissions"
        ) from error
    if len(data) > limits.FILE_MAX_BYTES:
        raise _refuse(
            "file-too-large",
            file,
            f"must be at most {limits.FILE_MAX_BYTES} bytes",
            "split it into several files; they are joined by the buckets they share",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        found = problem(
            "not-utf8",
            "",
            Position(file, line, column),
            "must be UTF-8 text",
            f"byte 0x{data[error.start]:02x}",
            "save the file as UTF-8",
        )
        raise UnreadableError(found) from error


def _compose_mapping(file: str, text: str, report: Report) -> Mapping:
    try:
        root = Composer(file, text, report).compose()
    except yaml.MarkedYAMLError as error:
        raise UnreadableError(_syntax_problem(file, error)) from error
    except yaml.YAMLError as error:
        found = problem(
            "not-yaml",
            "",
            Position(file),
            "is not YAML: holds a character that YAML forbids",
            "",
            "save it as plain UTF-8 text",
        )
        raise UnreadableError(found) from error
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise _refuse("file-empty", file, "is empty", "write at least `functions:`")
    if not isinstance(root, Mapping):
        found = problem(
            "not-a-mapping",
            "",
            root.position,
            "must be a mapping with the key `functions`",
            quote(root.text) if isinstance(root, Scalar) else "a list",
            "write `functions:` and the functions under it",
        )
        raise UnreadableError(found)
    return root


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    reason = error.problem or error.context or "it cannot be parsed"
    return problem(
        "not-yaml",
        "",
        position,
        f"is not YAML: {reason}",
        "",
        "correct the line; often it is the indentation, a missing colon or a stray tab",
    )
