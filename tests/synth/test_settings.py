"""Context values, before anything is made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import App

from scar_constructs.aws.flags import feature_flags, new_app
from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy.compliance import PACKS
from scar_constructs.aws.settings import Settings, SettingsError, read_settings
from scar_constructs.model.limits import HELPER_IMAGE

ROOT = Path(__file__).parents[2]


def settings(**context: object) -> Settings:
    return read_settings(App(context=context).node)


def test_only_functions_have_to_be_named() -> None:
    assert settings(functions="a.yaml, b ,") == Settings(
        functions=(Path("a.yaml"), Path("b")),
        defaults=None,
        compliance=(),
        runtime_image=RUNTIME_IMAGE,
    )


def test_images_in_place_of_the_public_ones() -> None:
    given = settings(functions="a", runtime_image="mine/debian", helper_image="mine/python")
    assert (given.runtime_image, given.helper_image) == ("mine/debian", "mine/python")
    assert settings(functions="a").helper_image == HELPER_IMAGE


def test_all_packs_or_some() -> None:
    assert settings(functions="a", compliance="all").compliance == tuple(PACKS)
    assert settings(functions="a", compliance="Serverless").compliance == ("Serverless",)


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({}, "is missing: .* such as -c functions=examples/hello$"),
        ({"functions": " , "}, "is missing: .* such as -c functions=examples/hello$"),
        ({"functions": ["a.yaml"]}, r"must be text, got \['a.yaml'\]"),
        ({"functions": "a", "compliance": "AwsSolutions,nope"}, "got `nope`"),
    ],
    ids=["nothing", "empty list", "not text", "unknown pack"],
)
def test_what_cannot_be_used(context: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        settings(**context)


def test_the_project_itself_names_no_functions() -> None:
    """So that a command which forgets them deploys nobody's workflow, ours least of all."""
    project = json.loads((ROOT / "cdk.json").read_text())
    assert "functions" not in project.get("context", {})


def test_feature_flags_are_set_whatever_the_command_line_says() -> None:
    app = new_app(context={"@aws-cdk/aws-iam:minimizePolicies": "no"})
    assert app.node.try_get_context("@aws-cdk/aws-iam:minimizePolicies") is True
    assert app.node.try_get_context("aws:cdk:enable-asset-metadata") is False


def test_feature_flags_are_those_recommended_by_the_pinned_library(tmp_path: Path) -> None:
    """The assembly's own report lists every flag that a project could set and has not."""
    app = new_app(outdir=str(tmp_path))
    app.synth()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (report,) = (
        artifact["properties"]["flags"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "cdk:feature-flag-report"
    )
    flags = feature_flags()
    for name, flag in report.items():
        unset = flag.get("unconfiguredBehavesLike", {}).get("v2", False)
        assert flags.get(name, unset) == flag["recommendedValue"], name
