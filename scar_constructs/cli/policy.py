"""`scar policy`: the least policy of a person or a pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(epilog="Example: scar policy operate examples/hello --account 123456789012")
@click.argument("kind", type=click.Choice(["deploy", "operate", "read"]))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--account", metavar="ID", default="*", help="default: any, as the policy's own")
@click.option("--region", metavar="REGION", help="default: that of the files, or any")
def policy(kind: str, paths: tuple[Path, ...], account: str, region: str | None) -> None:
    """Print, as JSON, the least policy of IAM for the workflows in the files at PATHS.

    To `deploy` them, to `operate` them (logs, calls, uploads, redrive), or only to `read` (logs,
    files, status).
    """
    from scar_constructs.language import load_application
    from scar_constructs.operate.policies import POLICY_MAX_LETTERS, Place
    from scar_constructs.operate.policies import policy as policy_of
    from scar_constructs.terminal import put, say

    application = load_application(paths, lock=None).application
    regions = {stack.region for stack in application.stacks if stack.region}
    found = region or (regions.pop() if len(regions) == 1 else "*")
    document = policy_of(kind, application, Place(account, found))
    put(f"{json.dumps(document, indent=2)}\n")
    letters = len(json.dumps(document, separators=(",", ":")))
    if letters > POLICY_MAX_LETTERS:
        say(
            f"this policy has {letters} characters, and a managed policy {POLICY_MAX_LETTERS}: "
            "name fewer files at a time"
        )
