"""`scar draw`: the workflow of files as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scar_constructs.cli import options
from scar_constructs.errors import file_faults_told
from scar_constructs.language import load_application, render
from scar_constructs.language.lock import find_lock
from scar_constructs.review.picture import Graph, lay_out, markdown, mermaid, picture, svg
from scar_constructs.terminal import put, say

FORMS = (".svg", ".mmd", ".md")
"""What the names of pictures end in."""


@click.command(epilog="Example: scar draw examples/hello -o hello.svg")
@options.paths
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"the picture, in the form that its name ends in: {', '.join(FORMS)}; default: Mermaid "
    "on standard output",
)
@options.untrusted
@options.defaults
@options.images_lock
def draw(
    paths: tuple[Path, ...],
    output: Path | None,
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
) -> None:
    """Draw the functions of the files at PATHS, their folders, and how files flow.

    Mermaid (.mmd, and .md with a table of the functions) needs nothing; for .svg, Node.js and
    elkjs are needed: `npm install` in a project that `scar new` made installs both.
    """
    if output is not None and output.suffix not in FORMS:
        raise click.UsageError(f"-o: the name of the file has to end in {', '.join(FORMS)}")
    loaded = load_application(paths, defaults, lock=find_lock(images_lock), untrusted=untrusted)
    if loaded.warnings:
        put(f"{render(loaded.warnings)}\n", sys.stderr)
    graph = picture(loaded.application)
    if output is None:
        put(mermaid(graph))
        return
    write(graph, output, untrusted=untrusted)


def write(graph: Graph, target: Path, *, untrusted: bool) -> None:
    """Write the picture in the form that the name of the file ends in.

    Raises LayoutError where SVG cannot be made, and UserError where the file cannot.
    """
    text = _rendered(graph, target.suffix, untrusted=untrusted)
    with file_faults_told():
        target.write_text(text, encoding="utf-8")
    say(f"wrote {target}")


def _rendered(graph: Graph, form: str, *, untrusted: bool) -> str:
    if form == ".svg":
        (layout,) = lay_out([graph], untrusted=untrusted)
        return svg(graph, layout)
    return markdown(graph) if form == ".md" else mermaid(graph)
