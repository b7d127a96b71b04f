"""`scar rights`: what the roles of a function have to be allowed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scar_constructs.cdk_cli import prefer_pinned_node
from scar_constructs.cli.functions import named
from scar_constructs.language import load_application
from scar_constructs.terminal import put


@click.command(epilog="Example: scar rights examples/hello hello-count")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("function")
def rights(path: Path, function: str) -> None:
    """Print, as JSON, trust and policy of each role that would be made for the FUNCTION in the
    files at PATH: for roles of your own (`iam.role`, `batch.job_role`).

    Names that CloudFormation makes up are shown as `<logical id>`.
    """
    prefer_pinned_node()
    # It imports the CDK, which starts Node.js.
    from scar_constructs.aws.rights import rights as rights_of

    stack, _ = named(load_application([path], lock=None).application, function)
    put(f"{json.dumps(rights_of(stack, function), indent=2)}\n")
