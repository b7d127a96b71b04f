"""What is in the picture of an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application
from scar_constructs.review.picture import picture
from scar_constructs.review.picture.graph import Graph, Kind, Link
from tests.unit.fdl_files import load
from tests.unit.picture_files import GOLDEN, example, one_function


def arrows(graph: Graph) -> set[tuple[str, str, tuple[str, ...]]]:
    titles = {node.id: node.title for node in graph.nodes}
    return {(titles[edge.source], titles[edge.target], edge.label) for edge in graph.edges}


def test_an_output_that_is_the_next_input_is_one_folder() -> None:
    graph = picture(example("hello"))
    assert [frame.title for frame in graph.frames] == ["hello"]
    assert arrows(graph) == {
        ("input/", "hello-split", ()),
        ("hello-split", "verses/", ("*txt",)),
        ("verses/", "hello-count", ()),
        ("hello-count", "counts/", ()),
    }
    split = next(node for node in graph.nodes if node.title == "hello-split")
    assert [(row.badge, row.text) for row in split.rows] == [("BATCH", "1 vCPU · 1 GiB · 14 d")]
    assert split.subtitle.endswith("debian:trixie-slim")


def test_each_file_is_a_frame_and_holds_the_folders_that_it_makes_and_uses() -> None:
    graph = picture(example("video-process/two-files"))
    assert [frame.title for frame in graph.frames] == ["detect", "split"]
    homes = {node.title: node.frame for node in graph.nodes}
    assert homes["scar-lambda-detect"] == "stack detect"
    assert homes["scar-batch-ffmpeg-split"] == "stack split"
    shared = "scar-batch-ffmpeg-split/video-output"
    folders = {node.full: node.frame for node in graph.nodes if node.kind is Kind.FOLDER}
    assert folders[f"scar-ffmpeg/{shared} in S3"] == "stack detect"
    assert folders["scar-ffmpeg/scar-batch-ffmpeg-split/input in S3"] is None


def test_a_folder_within_another_leads_to_it(tmp_path: Path) -> None:
    files = {
        "one": one_function("one", output="[{storage_provider: s3, path: bucket/x/y}]"),
        "two": one_function("two", input="[{storage_provider: s3, path: bucket/x}]"),
    }
    graph = picture(load(tmp_path, **files))
    assert arrows(graph) == {("one", "x/y/", ()), ("x/y/", "x/", ()), ("x/", "two", ())}
    (within,) = (edge for edge in graph.edges if edge.link is Link.WITHIN)
    assert within.quiet


OUTPUT = "[{storage_provider: s3, path: bucket/x/y, suffix: [.a]}]"


def test_folders_that_no_file_can_pass_between_are_not_joined(tmp_path: Path) -> None:
    files = {
        "one": one_function("one", output=OUTPUT),
        "two": one_function("two", input="[{storage_provider: s3, path: bucket/x, suffix: [.b]}]"),
    }
    assert not [edge for edge in picture(load(tmp_path, **files)).edges if edge.link is Link.WITHIN]


def test_filters_and_templates_are_on_the_arrows(tmp_path: Path) -> None:
    text = one_function(
        input="[{storage_provider: s3, path: bucket/i, prefix: [p1, p2, p3], suffix: [.s, .t]}]",
        output="[{storage_provider: s3, path: bucket/o, key: '{stem}/{name}', suffix: [.u]}]",
    )
    assert arrows(picture(load(tmp_path, flow=text))) == {
        ("i/", "f", ("p1*.s", "p1*.t", "and 4 more")),
        ("f", "o/", ("*.u", "as {stem}/{name}")),
    }


def of_golden(name: str) -> Graph:
    (case,) = (path for path in GOLDEN if path.name == name)
    return picture(load_application([case]).application)


def test_storage_providers_are_outside_of_the_stacks() -> None:
    graph = of_golden("providers")
    folders = [node for node in graph.nodes if node.kind is not Kind.FUNCTION]
    assert {(node.subtitle, node.kind, node.frame) for node in folders} == {
        ("photos · minio.mine", Kind.ELSEWHERE, None),
        ("own-photos", Kind.FOLDER, "stack providers"),
        ("their-photos · s3.partner", Kind.ELSEWHERE, None),
        ("results · webdav.lab", Kind.ELSEWHERE, None),
    }


def test_a_retired_function_looks_retired() -> None:
    graph = of_golden("retired")
    retired = {node.title for node in graph.nodes if node.retired}
    assert retired == {"retired-old"}
    quiet = {edge.target for edge in graph.edges if edge.quiet}
    assert quiet == {"function retired-old"}


def test_an_address_starts_its_function() -> None:
    graph = of_golden("api")
    (edge,) = (edge for edge in graph.edges if edge.link is Link.CALLS)
    address = next(node for node in graph.nodes if node.id == edge.source)
    assert (address.title, address.subtitle) == ("HTTPS /scar/launch", "signed by IAM")


def test_an_existing_bucket_is_outside_of_the_stacks() -> None:
    nodes = of_golden("existing").nodes
    assert [node for node in nodes if node.kind is Kind.FOLDER and node.frame is None]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_every_kept_workflow_is_whole_and_sorted(case: Path) -> None:
    application = load_application([case]).application
    graph = picture(application)
    names = {one.name for stack in application.stacks for one in stack.functions}
    assert {node.id for node in graph.nodes if node.kind is Kind.FUNCTION} == {
        f"function {name}" for name in names
    }
    known = {node.id for node in graph.nodes}
    assert all({edge.source, edge.target} <= known for edge in graph.edges)
    for parts in (graph.frames, graph.nodes, graph.edges):
        ids = [part.id for part in parts]
        assert ids == sorted(set(ids))
    assert picture(Application(stacks=application.stacks[::-1])) == graph
