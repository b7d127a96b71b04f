"""`scar explain`: what becomes of every key of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from scar_constructs.cli import options
from scar_constructs.language.diagnostics.exception import FdlError
from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.load import find_files
from scar_constructs.language.reference.explain import explain as explained
from scar_constructs.language.reference.explain import render_explanation
from scar_constructs.language.yaml.read import read_file
from scar_constructs.terminal import put


@click.command(
    epilog="Examples: scar explain examples/mrbayes; "
    "scar explain examples/hello --resource AWS::Batch::JobQueue; "
    "scar explain examples/hello --of hello-count.memory"
)
@options.paths
@click.option(
    "--resource",
    metavar="NAME",
    help="say why a resource is there: its logical id, type, physical name or construct path",
)
@click.option(
    "--of",
    "key",
    metavar="FUNCTION[.KEY]",
    help="list the resources that come of a function or key",
)
@options.as_json
def explain(paths: tuple[Path, ...], resource: str | None, key: str | None, as_json: bool) -> None:
    """Say of every key in the files at PATHS whether it is kept, changed, ignored or refused, and
    why. With --resource or --of, say which resources come of which keys: PATHS may then be a cloud
    assembly (`cdk.out`), too.
    """
    if resource is not None and key is not None:
        raise click.UsageError("--resource and --of are two questions: ask one at a time")
    if resource is not None or key is not None:
        from scar_constructs.cli.explain_resources import explain_resources

        explain_resources(paths, resource, key, as_json=as_json)
        return
    if as_json:
        raise click.UsageError("--json is for --resource and --of; `scar schema` prints the keys")
    report = explain_files(paths)
    if report.errors:
        raise FdlError(report.errors)


def explain_files(paths: Sequence[Path]) -> Report:
    """Print the explanation of each file that can be read; the report has what cannot."""
    report = Report()
    for path in find_files(paths, report):
        root = read_file(path, report)
        if root is not None:
            put(f"{render_explanation(explained(root))}\n")
    return report
