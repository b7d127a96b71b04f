"""How problems look on a terminal, to tools and in pull requests."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from scar_constructs.language import Problem, Severity, render
from scar_constructs.language.diagnostics.rendering import Form, render_as, render_for_terminal
from tests.unit.fdl_files import problems_of

TEXT = "functions:\n  cow:\n    image: x\n    memroy: 64\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Problem, ...]:
    monkeypatch.chdir(tmp_path)
    return problems_of(Path(), a=TEXT)


def test_one_line_a_problem(problems: tuple[Problem, ...]) -> None:
    assert render(problems) == (
        "error: functions.cow.memroy: is not a known key; did you mean `memory`? "
        "(a.yaml:4:5) [unknown-key]"
    )


def test_a_terminal_shows_the_line_and_a_caret(problems: tuple[Problem, ...]) -> None:
    assert render_for_terminal(problems, is_coloured=False) == (
        "error[unknown-key]: functions.cow.memroy: is not a known key\n"
        "  --> a.yaml:4:5\n"
        "  |\n"
        "4 |     memroy: ...\n"
        "  |     ^^^^^^\n"
        "  = fix: did you mean `memory`?"
    )


def test_colour_only_on_a_terminal_and_never_against_no_color(
    problems: tuple[Problem, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\033[" in render(problems, Terminal())
    assert "\033[" not in render(problems, io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033[" not in render(problems, Terminal())
    assert "^^^^^^" in render(problems, Terminal())


def test_a_wide_character_takes_two_columns(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, a='functions:\n  cow: {image: x, "牛牛": 1}\n')

    lines = render_for_terminal(problems, is_coloured=False).splitlines()

    source = next(line for line in lines if line.startswith("2 |"))
    caret = next(line for line in lines if "^" in line)
    assert caret.index("^") == source.index('"牛')
    assert caret.count("^") == 6


def test_a_mark_above_a_letter_takes_no_column(tmp_path: Path) -> None:
    name = "vache\u0301"
    problems = problems_of(tmp_path, a=f"functions:\n  {name}: {{image: x, memroy: 1}}\n")

    lines = render_for_terminal(problems, is_coloured=False).splitlines()

    source = next(line for line in lines if line.startswith("2 |") and "memroy" in line)
    caret = next(line for line in lines if line.endswith("^^^^^^") and line.count("^") == 6)
    assert caret.index("^") == source.index("memroy") - 1


def test_a_long_line_is_cut_around_the_problem(tmp_path: Path) -> None:
    text = "functions: {cow: {image: x, description: " + "moo " * 60 + ", memroy: 64}}\n"

    block = render_for_terminal(problems_of(tmp_path, a=text), is_coloured=False)

    lines = [line for line in block.splitlines() if "memroy:" in line or "^^^^^^" in line]
    source, caret = lines[-2:]
    assert len(source) < 120
    assert caret.index("^") == source.index("memroy")


def test_a_file_cannot_send_commands_to_the_terminal(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, a='functions: {cow: {image: "\\e[2Jx", memroy: 1}}\n')

    assert "\033" not in render_for_terminal(problems, is_coloured=False)
    assert "\033" not in render(problems)


def test_a_line_with_a_credential_is_not_shown_for_any_of_its_problems(tmp_path: Path) -> None:
    provider = "{endpoint: minio.example.org, secret_key: hunter2, regoin: x}"
    text = f"functions: {{f: {{image: x}}}}\nstorage_providers: {{minio: {{mine: {provider}}}}}\n"
    problems = problems_of(tmp_path, a=text)
    assert {"credentials-in-clear", "unknown-key"} < {problem.rule for problem in problems}
    for shown in (
        render_for_terminal(problems, is_coloured=False),
        render(problems),
        render_as(Form.JSON, problems, io.StringIO()),
        render_as(Form.GITHUB, problems, io.StringIO()),
    ):
        assert "hunter2" not in shown


def test_a_problem_of_a_whole_file_has_no_line(tmp_path: Path) -> None:
    block = render_for_terminal(problems_of(tmp_path, a=""), is_coloured=False)

    assert "is empty" in block
    assert "^" not in block


def test_json_for_tools(problems: tuple[Problem, ...]) -> None:
    (row,) = json.loads(render_as(Form.JSON, problems, io.StringIO()))

    assert row == {
        "severity": "error",
        "rule": "unknown-key",
        "path": "functions.cow.memroy",
        "message": "is not a known key",
        "got": "",
        "fix": "did you mean `memory`?",
        "file": "a.yaml",
        "line": 4,
        "column": 5,
        "length": 6,
    }


def test_annotations_for_pull_requests(problems: tuple[Problem, ...]) -> None:
    assert render_as(Form.GITHUB, problems, io.StringIO()) == (
        "::error file=a.yaml,line=4,col=5,endColumn=11,title=unknown-key"
        "::functions.cow.memroy: is not a known key; did you mean `memory`?"
    )


def test_annotations_escape_what_github_would_take_as_its_own() -> None:
    problem = Problem(
        path="a",
        rule="not-yaml",
        severity=Severity.ERROR,
        message="100%\nsure",
        got="",
        fix="none",
        file="a,b:c.yaml",
        line=1,
        column=1,
    )

    text = render_as(Form.GITHUB, [problem], io.StringIO())

    assert "file=a%2Cb%3Ac.yaml," in text
    assert text.endswith("::a: 100%25%0Asure; none")


@pytest.mark.parametrize(
    "text",
    [
        "functions:\n  cow:\n    image: x\n    pasword: hunter2\n",
        "functions: {cow: {image: x, pasword: hunter2}}\n",
        'functions: {cow: {image: x, "pasword": hunter2}}\n',
        "functions: {cow: {image: 'me:hunter2@example.org/x'}}\n",
        "functions: {cow: {image: 'https://me:hunter2@example.org/x'}}\n",
        "storage_providers: {onedata: {o: {oneprovider_host: 'h.org', tocken: hunter2}}}\n",
    ],
)
@pytest.mark.parametrize("form", ["text", "terminal", "json", "github"])
def test_what_may_be_secret_is_not_shown(text: str, form: str, tmp_path: Path) -> None:
    problems = problems_of(tmp_path, a=text)
    shown = (
        render_for_terminal(problems, is_coloured=False)
        if form == "terminal"
        else render_as(Form(form), problems, io.StringIO())
    )
    assert "hunter2" not in shown
