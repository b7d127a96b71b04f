"""Where everything is: nothing lies on anything else, and always at the same place."""

from __future__ import annotations

import importlib.util
import json
import shutil
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scar_constructs import cdk_cli
from scar_constructs.review.picture import LayoutError, boxes, lay_out, picture, svg
from scar_constructs.review.picture import layout as module
from scar_constructs.review.picture.graph import Graph
from scar_constructs.review.picture.layout import Layout, Rect
from tests.unit.picture_files import ROOT, example, thirty

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, Layout]:
    graph = picture(thirty(tmp_path_factory.mktemp("thirty")))
    (layout,) = lay_out([graph])
    return graph, layout


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def test_nothing_lies_on_anything_else(large: tuple[Graph, Layout]) -> None:
    graph, layout = large
    titles = {
        f"title of {name}": Rect(one.x, one.y, one.width, 36) for name, one in layout.frames.items()
    }
    queues = {
        f"queue of {name}": Rect(one.x, one.y + one.height - 34, one.width, 34)
        for name, one in layout.frames.items()
    }
    labels = {f"label of {name}": one for name, one in layout.labels.items()}
    assert len(layout.nodes) > 60
    assert len(labels) >= 6
    apart = {**layout.nodes, **labels, **titles, **queues}
    assert [
        (first, second)
        for (first, one), (second, other) in combinations(sorted(apart.items()), 2)
        if overlap(one, other)
    ] == []
    assert not any(overlap(*pair) for pair in combinations(layout.frames.values(), 2))
    for node in graph.nodes:
        for name, frame in layout.frames.items():
            assert inside(layout.nodes[node.id], frame) == (node.frame == name)


def test_no_arrow_leads_through_a_box(large: tuple[Graph, Layout]) -> None:
    graph, layout = large
    for edge in graph.edges:
        points = layout.routes[edge.id]
        for (x, y), (to_x, to_y) in pairwise(points):
            line = Rect(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))
            for name, rect in layout.nodes.items():
                assert not overlap(line, rect), (edge.id, name)


def test_texts_have_room_in_their_boxes(large: tuple[Graph, Layout]) -> None:
    graph, layout = large
    for node in graph.nodes:
        size = boxes.node_size(node)
        rect = layout.nodes[node.id]
        assert (rect.width, rect.height) == (size.width, size.height)
    for frame in graph.frames:
        assert layout.frames[frame.id].width >= boxes.frame_width(frame)


def test_the_same_workflow_gives_the_same_bytes(large: tuple[Graph, Layout]) -> None:
    graph, layout = large
    small = picture(example("hello"))
    again = lay_out([small, graph])
    assert svg(graph, again[1]) == svg(graph, layout)


def test_the_drawing_is_for_light_and_dark_and_for_those_who_do_not_see_it() -> None:
    graph = picture(example("hello"))
    (layout,) = lay_out([graph])
    text = svg(graph, layout)
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "scar-title scar-desc"
    assert root.findtext(f"{SVG}title") == "Workflow hello"
    described = root.findtext(f"{SVG}desc") or ""
    assert described.startswith("2 functions in 1 stack.")
    assert "is started by hello-bucket/input and writes to hello-bucket/verses." in described
    style = root.findtext(f"{SVG}style") or ""
    assert "@media (prefers-color-scheme:dark)" in style
    assert "@media print" in style
    assert "url(" not in text
    assert "href" not in text


def test_the_pictures_of_the_documents_are_those_of_the_examples() -> None:
    path = ROOT / "scripts" / "pictures.py"
    spec = importlib.util.spec_from_file_location("pictures", path)
    assert spec is not None
    assert spec.loader is not None
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    assert pictures.main(check=True) == 0


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without elkjs, and an empty folder to be in."""
    monkeypatch.setattr(cdk_cli, "CHECKOUT", tmp_path / "installed")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_elkjs_it_is_told_what_to_install(elsewhere: Path) -> None:
    del elsewhere
    with pytest.raises(LayoutError, match=r"`npm install elkjs@0\.12\.1`; a \.mmd file needs"):
        lay_out([picture(example("hello"))])


def test_without_node_it_is_told_what_to_install(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(elsewhere))
    with pytest.raises(LayoutError, match=r"needs Node\.js"):
        lay_out([picture(example("hello"))])


def test_only_the_tested_version_is_taken_and_never_that_of_untrusted_files(
    elsewhere: Path,
) -> None:
    folder = elsewhere / "node_modules" / "elkjs"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": "0.12.0"}))
    with pytest.raises(LayoutError):
        module.find_engine()
    (folder / "package.json").write_text(json.dumps({"version": module.VERSION}))
    assert module.find_engine()[1] == (folder / "lib" / "elk.bundled.js").resolve()
    with pytest.raises(LayoutError):
        module.find_engine(untrusted=True)


def test_an_engine_that_fails_is_told_in_a_line(elsewhere: Path) -> None:
    folder = elsewhere / "node_modules" / "elkjs"
    (folder / "lib").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": module.VERSION}))
    (folder / "lib" / "elk.bundled.js").write_text("throw new Error('broken')")
    with pytest.raises(LayoutError, match="the layout engine failed"):
        lay_out([picture(example("hello"))])


def test_the_pinned_version_is_that_of_the_projects() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert package["dependencies"] == {"elkjs": module.VERSION}
    assert shutil.which("node", path=cdk_cli.search_path({})) is not None
