"""Marks of a review: what was added, removed and changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scar_constructs.review.picture import compared, lay_out, markdown, mermaid, picture, svg
from scar_constructs.review.picture.graph import Mark
from tests.unit.fdl_files import load
from tests.unit.picture_files import example, one_function

INPUT = "[{storage_provider: s3, path: bucket/i}]"
OUTPUT = "[{storage_provider: s3, path: bucket/o}]"


def test_marks_are_those_of_the_call() -> None:
    marks = {"function hello-split": "changed", "function gone": "removed"}
    graph = picture(example("hello"), marks)
    assert {node.id: node.mark for node in graph.nodes if node.mark} == {
        "function hello-split": Mark.CHANGED
    }
    with pytest.raises(ValueError, match="not a valid Mark"):
        picture(example("hello"), {"function hello-split": "moved"})


def test_two_versions_are_one_picture(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    before = picture(load(old, flow=one_function("f", input=INPUT, memory="512")))
    after = picture(load(new, flow=one_function("f", output=OUTPUT, memory="1024")))
    graph = compared(before, after)
    assert [frame.mark for frame in graph.frames] == [None]
    marks = {node.id: node.mark for node in graph.nodes}
    marks |= {edge.id: edge.mark for edge in graph.edges}
    assert marks == {
        "folder s3 bucket/i": Mark.REMOVED,
        "folder s3 bucket/o": Mark.ADDED,
        "function f": Mark.CHANGED,
        "folder s3 bucket/i -> function f": Mark.REMOVED,
        "function f -> folder s3 bucket/o": Mark.ADDED,
    }
    assert compared(after, after) == after


def test_marks_are_seen_without_colours() -> None:
    graph = picture(example("hello"))
    marks = [*Mark, *Mark]
    nodes = tuple(replace(node, mark=mark) for node, mark in zip(graph.nodes, marks, strict=False))
    edges = tuple(replace(edge, mark=mark) for edge, mark in zip(graph.edges, marks, strict=False))
    graph = replace(graph, nodes=nodes, edges=edges)
    (layout,) = lay_out([graph])
    drawn = svg(graph, layout)
    for mark in Mark:
        assert f'class="edge {mark}"' in drawn
        assert f">{mark}</text>" in drawn, "the legend"
    assert "−</text>" in drawn  # noqa: RUF001 - a minus
    text = mermaid(graph)
    assert "classDef added " in text
    assert ":::removed" in text
    assert "stroke-dasharray:7 5" in text
    assert "linkStyle 0 " in text
    assert "| \\+ hello-count |" in markdown(graph)
