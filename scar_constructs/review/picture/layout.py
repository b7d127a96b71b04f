"""Where everything is: elkjs, run by Node.js, gives the positions and nothing else.

All pictures of a call are laid out by one process, since loading elkjs is most of the time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scar_constructs import cdk_cli
from scar_constructs.errors import UserError
from scar_constructs.review.picture import boxes
from scar_constructs.review.picture.graph import Frame, Graph, Node
from scar_constructs.terminal import shorten

VERSION = "0.12.1"
"""Of elkjs, as in package.json: another one may move everything."""
TIMEOUT_SECONDS = 60
_DRIVER = Path(__file__).with_name("layout.cjs")
_ENGINE = Path("elkjs") / "lib" / "elk.bundled.js"
_NO_ENGINE = "a .mmd file needs nothing"

_SPACING = {
    "elk.spacing.nodeNode": "28",
    "elk.spacing.edgeNode": "20",
    "elk.spacing.edgeEdge": "14",
    "elk.spacing.edgeLabel": "3",
    "elk.layered.spacing.nodeNodeBetweenLayers": "44",
    "elk.layered.spacing.edgeNodeBetweenLayers": "20",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "14",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
}
"""Frames do not inherit these."""
_OPTIONS = {
    **_SPACING,
    "elk.algorithm": "layered",
    "elk.direction": "RIGHT",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.randomSeed": "1",
    "elk.padding": "[top=28,left=28,bottom=24,right=28]",
    "elk.spacing.componentComponent": "36",
    "elk.layered.thoroughness": "20",
}
_FRAME_OPTIONS = {
    **_SPACING,
    "elk.padding": (
        f"[top={boxes.FRAME_TOP},left={boxes.FRAME_SIDE},"
        f"bottom={boxes.FRAME_BOTTOM},right={boxes.FRAME_SIDE}]"
    ),
    "elk.nodeSize.constraints": "MINIMUM_SIZE",
}


class LayoutError(UserError):
    """There is no layout; the text says what to do."""


class NoEngineError(LayoutError):
    """Node.js or elkjs is not installed."""


@dataclass(frozen=True)
class Rect:
    """A place, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Places by the ids of the graph; `routes` are the corners of each edge's line."""

    width: float
    height: float
    frames: Mapping[str, Rect]
    nodes: Mapping[str, Rect]
    routes: Mapping[str, tuple[Point, ...]]
    labels: Mapping[str, Rect]


def lay_out(graphs: Sequence[Graph], *, untrusted: bool = False) -> list[Layout]:
    """A layout for each graph. `untrusted`: no program of the current folder is run. Raises
    LayoutError."""
    node, engine = find_engine(untrusted=untrusted)
    given = json.dumps([_elk_graph(graph) for graph in graphs])
    try:
        done = subprocess.run(
            [node, str(_DRIVER), str(engine)],
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
        )
        placed = json.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        raise LayoutError(
            f"the layout engine was not done after {TIMEOUT_SECONDS} seconds: draw fewer files at "
            f"a time; {_NO_ENGINE}"
        ) from None
    except (OSError, ValueError) as error:
        raise LayoutError(f"the layout engine could not be run: {error}; {_NO_ENGINE}") from None
    if placed is None:
        reason = shorten(done.stderr.strip().rpartition("\n")[2] or "no reason given", 200)
        raise LayoutError(f"the layout engine failed ({reason}); {_NO_ENGINE}")
    try:
        return [_read(graph, one) for graph, one in zip(graphs, placed, strict=True)]
    except (LookupError, TypeError, ValueError) as error:
        raise LayoutError(f"the layout engine gave no layout ({error!r}); {_NO_ENGINE}") from None


def find_engine(*, untrusted: bool = False) -> tuple[str, Path]:
    """Node.js, and the file of elkjs that it is to run. Raises NoEngineError."""
    node = shutil.which("node", path=cdk_cli.search_path(os.environ, untrusted=untrusted))
    if node is None:
        raise NoEngineError(
            "a picture in SVG needs Node.js (Debian: apt-get install nodejs npm) and "
            f"`npm install elkjs@{VERSION}`; {_NO_ENGINE}"
        )
    for folder in cdk_cli.module_folders(untrusted=untrusted):
        if _version(folder) == VERSION:
            return node, (folder / _ENGINE).resolve()
    where = " in the folder of the installation" if untrusted else ""
    raise NoEngineError(
        f"a picture in SVG needs the layout engine: `npm install elkjs@{VERSION}`{where}; "
        f"{_NO_ENGINE}"
    )


def _version(folder: Path) -> str | None:
    """The version of elkjs in a folder of modules; None if there is none."""
    try:
        said = json.loads((folder / "elkjs" / "package.json").read_text("utf-8"))["version"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return str(said)


def _elk_graph(graph: Graph) -> dict[str, Any]:
    """What ELK is given: ids by position, since names are nothing to it."""
    names = {node.id: f"n{at}" for at, node in enumerate(graph.nodes)}
    frames = {frame.id: frame for frame in graph.frames}
    inside: dict[str | None, list[dict[str, Any]]] = {}
    for node in graph.nodes:
        home = node.frame if node.frame in frames else None
        inside.setdefault(home, []).append(_elk_node(node, names[node.id]))
    framed = [
        _elk_frame(frame, f"f{at}", inside.get(frame.id, []))
        for at, frame in enumerate(graph.frames)
    ]
    edges = []
    for at, edge in enumerate(graph.edges):
        size = boxes.label_size(edge)
        label = (
            {"id": f"l{at}", "text": ".", "width": size.width, "height": size.height}
            if (size)
            else None
        )
        edges.append(
            {
                "id": f"e{at}",
                "sources": [names[edge.source]],
                "targets": [names[edge.target]],
                "labels": [label] if label else [],
            }
        )
    return {
        "id": "root",
        "layoutOptions": _OPTIONS,
        "children": [*framed, *inside.get(None, [])],
        "edges": edges,
    }


def _elk_node(node: Node, name: str) -> dict[str, Any]:
    size = boxes.node_size(node)
    return {"id": name, "width": size.width, "height": size.height}


def _elk_frame(frame: Frame, name: str, children: list[dict[str, Any]]) -> dict[str, Any]:
    least = f"({boxes.frame_width(frame)},{boxes.FRAME_TOP + boxes.FRAME_BOTTOM})"
    return {
        "id": name,
        "layoutOptions": {**_FRAME_OPTIONS, "elk.nodeSize.minimum": least},
        "children": children,
    }


def _read(graph: Graph, placed: dict[str, Any]) -> Layout:
    top = {one["id"]: one for one in placed["children"]}
    shapes = dict(top)
    for one in placed["children"]:
        shapes |= {child["id"]: child for child in one.get("children", ())}
    routes: dict[str, tuple[Point, ...]] = {}
    labels: dict[str, Rect] = {}
    for edge, one in zip(graph.edges, placed["edges"], strict=True):
        (section,) = one["sections"]
        points = [section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]]
        routes[edge.id] = tuple((point["x"], point["y"]) for point in points)
        for label in one.get("labels", ()):
            labels[edge.id] = _rect(label)
    return Layout(
        width=placed["width"],
        height=placed["height"],
        frames={frame.id: _rect(shapes[f"f{at}"]) for at, frame in enumerate(graph.frames)},
        nodes={node.id: _rect(shapes[f"n{at}"]) for at, node in enumerate(graph.nodes)},
        routes=routes,
        labels=labels,
    )


def _rect(shape: Mapping[str, Any]) -> Rect:
    return Rect(shape["x"], shape["y"], shape["width"], shape["height"])
