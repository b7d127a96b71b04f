"""The pictures beside the templates of a synth, for those who review them."""

from __future__ import annotations

from pathlib import Path

from scar_constructs.language.workflow.join import Application
from scar_constructs.review.picture.contents import picture
from scar_constructs.review.picture.layout import LayoutError, NoEngineError, lay_out
from scar_constructs.review.picture.mermaid import mermaid
from scar_constructs.review.picture.svg import svg
from scar_constructs.terminal import say

MERMAID = "workflow.mmd"
SVG = "workflow.svg"


def write_pictures(application: Application, folder: Path, *, untrusted: bool = False) -> None:
    """Write the picture into a folder: as Mermaid, and as SVG if the layout engine is installed.

    A picture is a help and no part of what is deployed: a layout that fails is told, and no more.
    """
    graph = picture(application)
    (folder / MERMAID).write_text(mermaid(graph), encoding="utf-8")
    (folder / SVG).unlink(missing_ok=True)
    try:
        (layout,) = lay_out([graph], untrusted=untrusted)
    except NoEngineError:
        return
    except LayoutError as fault:
        say(f"warning: no {SVG}: {fault}")
        return
    (folder / SVG).write_text(svg(graph, layout), encoding="utf-8")
