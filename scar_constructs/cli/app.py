"""`scar app`: the CDK app."""

from __future__ import annotations

import click

from scar_constructs.aws.app import main


@click.command(epilog='Example, in cdk.json: {"app": "scar app", "context": {"functions": "."}}')
def app() -> int:
    """Be the CDK app: the CDK CLI runs this, and passes its context (`-c functions=PATH`)."""
    return main()
