"""CDK's feature flags, set in code so that tests, `npx cdk` and a foreign app build the same.

Flags in cdk.json reach an app only through the CLI. `feature_flags.json` is, word for word, what
aws-cdk-lib of the pinned version recommends to new projects; what each means:
https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App

_FLAGS_FILE = Path(__file__).parent / "feature_flags.json"

# Nothing in a template may depend on the folder or the machine it was made on: an asset's path
# does. Construct paths stay, because `cdk diff` names resources by them.
REPRODUCIBLE: Mapping[str, bool] = {
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:version-reporting": False,
    # Traces name the folder into which jsii unpacked its packages, another one in every run.
    "aws:cdk:disable-creation-stack-traces": True,
}


def feature_flags() -> dict[str, Any]:
    """The recommended flags of the pinned aws-cdk-lib: name -> value."""
    flags: dict[str, Any] = json.loads(_FLAGS_FILE.read_text(encoding="utf-8"))
    return flags


def new_app(*, outdir: str | None = None, context: Mapping[str, str] | None = None) -> App:
    """An app with the flags above, which the command line cannot change.

    `outdir`: where the cloud assembly goes (default: where the CDK CLI asks, or a temporary
    folder). `context`: what the CLI would pass with `-c`.
    """
    return App(
        outdir=outdir,
        context=dict(context or {}),
        post_cli_context={**feature_flags(), **REPRODUCIBLE},
        analytics_reporting=False,
    )
