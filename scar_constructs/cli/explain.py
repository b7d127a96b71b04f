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


@click.command(epilog="Example: scar explain examples/mrbayes")
@options.paths
def explain(paths: tuple[Path, ...]) -> None:
    """Say of every key in the files at PATHS whether it is kept, changed, ignored or refused, and
    why."""
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
