"""Whole templates of YAML files, kept so that no change of a template goes unseen.

A case is a folder of tests/golden/templates: YAML files with their scripts, and the template of
each stack. After a change that is meant: SCAR_UPDATE_GOLDEN=1 pytest tests/synth/test_golden.py,
then read the difference. Hashes of assets are left out, since they change with the runtime's code;
so are the reasons of acknowledged findings, which the compliance tests hold.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scar_constructs.language import load_application
from tests.synth.synthesis import Json, resources, synthesise, templates_of_files

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "templates"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
NETWORK = GOLDEN.parent / "network.template.json"
"""The network that all workflows share, which is the same whatever they are."""

HASH = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture(params=CASES, ids=[case.name for case in CASES], scope="module")
def case(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def templates(case: Path) -> dict[str, Json]:
    return templates_of_files(case)


def test_templates_are_as_they_were(case: Path, templates: dict[str, Json]) -> None:
    rendered = {f"{name}.template.json": render(template) for name, template in templates.items()}
    if os.environ.get("SCAR_UPDATE_GOLDEN") == "1":
        for path in case.glob("*.template.json"):
            path.unlink()
        for name, text in rendered.items():
            (case / name).write_text(text, encoding="utf-8")
    kept = {path.name: path.read_text(encoding="utf-8") for path in case.glob("*.template.json")}
    assert rendered == kept


def test_the_network_is_as_it_was(tmp_path: Path) -> None:
    synthesise(load_application([GOLDEN / "classic-batch"]).application, tmp_path)
    rendered = render(json.loads((tmp_path / "scar-network.template.json").read_text()))
    if os.environ.get("SCAR_UPDATE_GOLDEN") == "1":
        NETWORK.write_text(rendered, encoding="utf-8")
    assert rendered == NETWORK.read_text(encoding="utf-8")


def test_functions_have_few_resources(case: Path, templates: dict[str, Json]) -> None:
    """Network and parts that functions share apart; a bucket more is a permission more."""
    for stack in load_application([case]).application.stacks:
        paths = [
            one["Metadata"]["aws:cdk:path"]
            for one in resources(templates[stack.name]).values()
            if "aws:cdk:path" in one.get("Metadata", {})
        ]
        for function in stack.functions:
            own = [one for one in paths if f"/Functions/{function.name}/" in one]
            buckets = {source.bucket for source in function.inputs}
            further = sum(any(name in one for name in buckets) for one in own) - 1
            most = 22 if function.execution_mode.runs_on_batch else 12
            assert len(own) - max(further, 0) <= most, function.name


def test_every_job_is_started_with_an_execution_role(templates: dict[str, Json]) -> None:
    """The hosts' own role may neither pull an image nor write a log."""
    for template in templates.values():
        for definition in resources(template, "AWS::Batch::JobDefinition").values():
            assert all("ExecutionRoleArn" in one for one in tasks_of(definition["Properties"]))


def tasks_of(definition: Json) -> list[Json]:
    """What a job definition runs: one container or task, or one of them for each range of nodes."""
    nodes = definition.get("NodeProperties", {}).get("NodeRangeProperties", [])
    found = [one["Container"] for one in nodes]
    found += definition.get("EcsProperties", {}).get("TaskProperties", [])
    found += [definition["ContainerProperties"]] if "ContainerProperties" in definition else []
    assert found
    return found


def test_no_custom_resource_and_no_function_of_our_own(
    case: Path, templates: dict[str, Json]
) -> None:
    functions = {
        function.name
        for stack in load_application([case]).application.stacks
        for function in stack.functions
    }
    made = [
        resource for template in templates.values() for resource in resources(template).values()
    ]
    assert not [one for one in made if one["Type"].startswith(("Custom::", "AWS::CloudFormation"))]
    lambdas = [one for one in made if one["Type"] == "AWS::Lambda::Function"]
    assert {one["Properties"]["FunctionName"] for one in lambdas} == functions
    assert len(lambdas) == len(functions)


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    """All kept templates in one run; what may be found stands in .cfnlintrc.yaml with a reason."""
    kept = [*sorted(GOLDEN.glob("*/*.template.json")), NETWORK]
    for path in kept:
        # An image's tag and an asset's key are hashes, as the linter wants to see them.
        text = re.sub(r"<asset (\d+)>", lambda match: match[1].zfill(64), path.read_text())
        (tmp_path / f"{path.parent.name}-{path.name}").write_text(text)
    linted = subprocess.run(
        [
            Path(sys.executable).parent / "cfn-lint",
            "--config-file",
            ROOT / ".cfnlintrc.yaml",
            "--",
            *tmp_path.iterdir(),
        ],
        capture_output=True,
        text=True,
    )
    assert kept
    assert (linted.returncode, linted.stdout) == (0, "")


def render(template: Json) -> str:
    """The template as it is kept: sorted, without hashes and without reasons."""
    for resource in template["Resources"].values():
        for reasons in ("cdk_nag", "checkov"):
            resource.get("Metadata", {}).pop(reasons, None)
    text = json.dumps(template, indent=1, sort_keys=True, ensure_ascii=False)
    hashes = list(dict.fromkeys(HASH.findall(text)))
    return HASH.sub(lambda match: f"<asset {hashes.index(match[0]) + 1}>", text) + "\n"
