"""`scar app`: the CDK app."""

from __future__ import annotations

import click

from scar_constructs.cdk_cli import prefer_pinned_node


@click.command(epilog='Example, in cdk.json: {"app": "scar app", "context": {"functions": "."}}')
def app() -> int:
    """Be the CDK app: the CDK CLI runs this, and passes its context (`-c functions=PATH`)."""
    prefer_pinned_node()
    # It imports the CDK, which starts Node.js.
    from scar_constructs.aws.app import main

    return main()
