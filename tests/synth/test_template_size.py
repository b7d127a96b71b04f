"""Templates that CloudFormation would not take are told, and large ones have no spaces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scar_constructs.aws import app as app_module
from scar_constructs.aws.app import add_stacks, synthesise
from scar_constructs.aws.flags import new_app
from scar_constructs.language.workflow.join import Application
from tests.synth.models import function, workflow


def test_a_template_that_is_too_large_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app_module, "TEMPLATE_MAX_BYTES", 1_000)
    app = new_app(outdir=str(tmp_path))
    add_stacks(app, Application(stacks=(workflow(function()),)), runtime_image="debian")
    assert synthesise(app) == 1
    told = capsys.readouterr().err
    assert told.startswith("the template of flow has ")
    assert "and CloudFormation takes 1,000; divide the YAML file" in told


@pytest.mark.parametrize(("count", "lines"), [(2, True), (41, False)])
def test_only_a_large_template_is_written_without_spaces(
    tmp_path: Path, count: int, lines: bool
) -> None:
    functions = [replace(function(), name=f"f{n}") for n in range(count)]
    app = new_app(outdir=str(tmp_path))
    add_stacks(app, Application(stacks=(workflow(*functions),)), runtime_image="debian")
    assert synthesise(app) == 0
    assert ("\n " in (tmp_path / "flow.template.json").read_text()) == lines
