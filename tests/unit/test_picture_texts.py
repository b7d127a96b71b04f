"""Names are data: in Mermaid, in Markdown and in SVG none of them is more than a text."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example as case
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.model import Input, Join
from scar_constructs.review.picture import lay_out, markdown, mermaid, picture, svg
from scar_constructs.review.picture.graph import Graph
from scar_constructs.review.picture.layout import Layout
from scar_constructs.review.picture.markdown import cell
from scar_constructs.review.picture.mermaid import label
from scar_constructs.review.picture.shapes import xml
from scar_constructs.review.picture.texts import read
from scar_constructs.terminal import visible
from tests.unit.picture_files import HOSTILE, example, named

PINNED = Path(__file__).with_name("picture_hello.mmd")
SVG = "{http://www.w3.org/2000/svg}"
texts = st.one_of(
    st.text(), st.sampled_from(HOSTILE), st.text('"#;<>&`|\\[](){}%-=.*~:\n', max_size=9)
)


def decoded(text: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@given(texts)
@case("\\")
def test_a_label_of_mermaid_is_the_text_and_ends_at_its_end(text: str) -> None:
    written = label(text)
    assert decoded(written) == f'"{visible(text)}"'
    assert not set(written[1:-1]) & set('"`<>&|[]{}%\\*~$@\n')
    assert not re.search(r"style|classdef", written, re.IGNORECASE)


@given(texts)
def test_a_cell_of_a_table_is_the_text(text: str) -> None:
    written = cell(text)
    assert not re.search(r"(?<!&)[@#](?!&#8203;)", written)
    plain = re.sub(r"(?<=[@#])&#8203;", "", written)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain) == visible(text)
    assert not re.search(r"(?<!\\)(\\\\)*[|`<&\[*_#!~]", plain)
    assert not re.search(r"https?://|www\.", written, re.IGNORECASE)


@given(texts)
def test_a_text_of_svg_is_the_text(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{xml(text)}">{xml(text)}</a>')  # noqa: S314 - our own
    assert (element.text or "", element.get("b"), len(element)) == (visible(text), visible(text), 0)


@pytest.fixture(scope="module")
def hostile() -> list[tuple[str, Graph, Layout]]:
    graphs = [named(text) for text in HOSTILE]
    return list(zip(HOSTILE, graphs, lay_out(graphs), strict=True))


def test_hostile_names_are_drawn_as_texts(hostile: list[tuple[str, Graph, Layout]]) -> None:
    for text, graph, layout in hostile:
        root = ElementTree.fromstring(svg(graph, layout))  # noqa: S314 - our own
        kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert kinds == {"svg", "title", "desc", "style", "g", "rect", "path", "text", "circle"}
        shown = [element.text for element in root.iter(f"{SVG}text")]
        assert shown.count(visible(text)) >= 6
        assert not re.search(r"(?i)javascript:(?!alert\(1\)&quot;)", svg(graph, layout))


def test_hostile_names_change_no_line_of_mermaid_or_markdown() -> None:
    plain = named("plain")
    shape = [line.split('"')[::2] for line in mermaid(plain).splitlines()]
    for text in HOSTILE:
        graph = named(text)
        assert [line.split('"')[::2] for line in mermaid(graph).splitlines()] == shape
        assert markdown(graph).count("\n") == markdown(plain).count("\n")
        assert markdown(graph).count("```") == 2


def test_the_mermaid_text_of_an_example_is_as_it_was() -> None:
    assert mermaid(picture(example("hello"))) == PINNED.read_text("utf-8")


def test_a_page_has_the_picture_and_a_row_for_each_function() -> None:
    graph = picture(example("hello"))
    page = markdown(graph)
    assert f"```mermaid\n{mermaid(graph)}```\n" in page
    assert (
        "| hello-count | …docker/library/debian:trixie-slim | Lambda 512 MiB · 5 min "
        "| hello-bucket/verses | hello-bucket/counts |" in page
    )


def test_frames_have_no_direction_of_their_own() -> None:
    assert "direction" not in mermaid(picture(example("video-process/two-files")))


@pytest.mark.parametrize(
    ("join", "said"),
    [
        (Join(of="split"), "per run of split"),
        (Join(group="{sample}_R{read}", by=("sample",), count=2), "per sample"),
        (Join(suffixes=(".bam", ".bai")), "together: .bam, .bai"),
    ],
)
def test_an_edge_says_how_files_are_joined(join: Join, said: str) -> None:
    source = Input(bucket="b", folder="in", suffixes=(".gz",), join=join)
    assert read([source]) == ("*.gz", said)
    assert read([Input(bucket="b", folder="in")]) == ()
