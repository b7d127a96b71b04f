"""What is printed for people holds nothing that a terminal would obey, wherever it is from."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from scar_constructs.cli.prune import _line as prune_line
from scar_constructs.cli.redrive import _line as redrive_line
from scar_constructs.language.diagnostics.problems import Position, Problem, Severity
from scar_constructs.language.diagnostics.rendering import Form, render_as, render_for_terminal
from scar_constructs.language.reference.explain import Fate, Verdict, render_explanation
from scar_constructs.local.report import Outcome, failures, print_table
from scar_constructs.operate.prune.leftovers import Action as PruneAction
from scar_constructs.operate.prune.leftovers import Leftover
from scar_constructs.operate.redrive.queue import Action, Result
from scar_constructs.terminal import say, visible, visible_lines

ROOT = Path(__file__).parent.parent.parent
HOSTILE = "a\x1b[2J\x1b]0;title\x07b\x9b31m\x85\x00\r\u202eevil\u2066\u200f\u2028\ud800c"
"""Escape sequences (C0 and C1), marks of direction, ends of lines, half a letter."""


def is_harmless(text: str) -> bool:
    return all(letter.isprintable() or letter == "\n" for letter in text)


@given(st.text())
def test_what_is_shown_is_printable_and_what_is_printable_is_shown_as_it_is(text: str) -> None:
    assert visible(text).isprintable()
    kept = "".join(letter for letter in text if letter.isprintable())
    assert visible(kept) == kept
    lines = visible_lines(text).replace("\t", "")
    assert is_harmless(lines)
    assert lines.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\nb", r"a\nb"),
        ("dir a/ñandú 日本 🧬", "dir a/ñandú 日本 🧬"),
        ("\ud800", r"\ud800"),
    ],
)
def test_a_name(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_the_output_of_a_script_keeps_its_lines_and_columns() -> None:
    assert visible_lines("a\tb\r\nc\rd\x1b[A\n") == "a\tb\nc\\rd\\x1b[A\n"


def test_a_message_is_visible_on_its_stream() -> None:
    stream = io.StringIO()
    say(ValueError(HOSTILE), stream)
    assert is_harmless(stream.getvalue())
    assert stream.getvalue().count("\n") == 1


def problem() -> Problem:
    return Problem(
        path=HOSTILE,
        rule="unknown-key",
        severity=Severity.ERROR,
        line=1,
        column=1,
        message=HOSTILE,
        got=HOSTILE,
        fix=HOSTILE,
        file=f"/no/{HOSTILE[:9]}",
    )


@pytest.mark.parametrize("form", [Form.TEXT, Form.GITHUB, Form.JSON])
def test_problems(form: Form) -> None:
    assert is_harmless(render_as(form, [problem()], io.StringIO()))


def test_problems_on_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"functions: {HOSTILE[:20]!r}\n")
    text = render_for_terminal([problem()], is_coloured=False)
    assert is_harmless(text)


def test_explanations() -> None:
    fate = Fate(HOSTILE, Position(HOSTILE), Verdict.KEPT, HOSTILE)
    assert is_harmless(render_explanation([fate]))


def row(**changes: Any) -> dict[str, Any]:
    names = dict.fromkeys(("function", "service", "input", "execution", "reason"), HOSTILE)
    return {
        **names,
        "status": "failed",
        "seconds": 1.0,
        "outputs": [HOSTILE],
        "attempts": 1,
        "exit_code": 7,
        **changes,
    }


@pytest.mark.parametrize("width", [40, 1000])
def test_a_run(width: int) -> None:
    outcome = Outcome(
        [row(), row(status="succeeded")], [], {HOSTILE: 1}, [f"event of {HOSTILE}"], [HOSTILE]
    )
    written = io.StringIO()
    print_table(outcome, Console(file=written, width=width))
    assert is_harmless(written.getvalue())
    for line in failures(outcome):
        say(line, written)
    assert is_harmless(written.getvalue())
    # A key cannot make a line of its own: only a reason has lines.
    heads = [line for line in failures(outcome) if line.partition(":")[0].count("\n")]
    assert heads == []


def test_redrive_and_prune() -> None:
    stream = io.StringIO()
    say(
        redrive_line(Result(Action.KEPT, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)),
        stream,
    )
    say(prune_line(Leftover(PruneAction.FOUND, HOSTILE, HOSTILE, HOSTILE)), stream)
    assert is_harmless(stream.getvalue())
    assert stream.getvalue().count("\n") == 2


def sources() -> Iterator[Path]:
    """What runs on a person's terminal: the emulator has a log, its client that of the CDK."""
    yield ROOT / "app.py"
    for path in (ROOT / "scar_constructs").rglob("*.py"):
        emulator = ROOT / "scar_constructs" / "emulator"
        apart = emulator in path.parents or path.name == "container_client.py"
        if not apart and path.name != "terminal.py":
            yield path


def prints(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("print", "click.echo", "click.secho") or called.startswith(
                ("sys.stdout.w", "sys.stderr.w")
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {called}"


def test_everything_that_is_printed_goes_through_one_place() -> None:
    assert [found for path in sources() for found in prints(path)] == []
