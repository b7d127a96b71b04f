"""`scar draw`, and the pictures beside templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scar_constructs import cdk_cli
from scar_constructs.cli.draw import draw
from scar_constructs.review.picture import layout, mermaid, picture
from scar_constructs.review.picture.write import write_pictures
from tests.unit.picture_files import ROOT, example

HELLO = str(ROOT / "examples" / "hello")


def run(*words: str) -> Result:
    return CliRunner().invoke(draw, words)


def test_mermaid_goes_to_standard_output() -> None:
    done = run(HELLO)
    assert (done.exit_code, done.stdout) == (0, mermaid(picture(example("hello"))))


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", "<svg "), ("a.mmd", "flowchart LR"), ("a.md", "# Workflow hello")]
)
def test_the_form_is_that_of_the_name(tmp_path: Path, name: str, start: str) -> None:
    done = run(HELLO, "-o", str(tmp_path / name), "--untrusted")
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).read_text("utf-8").startswith(start)
    assert done.stdout == ""


def test_another_form_is_a_wrong_call(tmp_path: Path) -> None:
    done = run(HELLO, "-o", str(tmp_path / "a.png"))
    assert done.exit_code == 2
    assert ".svg, .mmd, .md" in done.stderr


def test_pictures_are_written_beside_templates(tmp_path: Path) -> None:
    write_pictures(example("hello"), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"workflow.mmd", "workflow.svg"}


def test_without_the_engine_there_is_no_svg_and_no_word_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    application = example("hello")
    (tmp_path / "workflow.svg").write_text("of an earlier synth")
    monkeypatch.setattr(cdk_cli, "CHECKOUT", tmp_path)
    monkeypatch.chdir(tmp_path)
    write_pictures(application, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"workflow.mmd"}
    assert capsys.readouterr().err == ""


def test_a_layout_that_fails_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    driver = tmp_path / "driver.cjs"
    driver.write_text("process.exit(3)")
    monkeypatch.setattr(layout, "_DRIVER", driver)
    write_pictures(example("hello"), tmp_path)
    assert capsys.readouterr().err.startswith("warning: no workflow.svg: the layout engine failed")
