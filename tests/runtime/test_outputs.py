"""Which file goes where: filters, key templates, links, names; and what goes with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.config import Output
from scar_runtime.errors import LoopError, StorageError
from scar_runtime.events import StoredObject
from scar_runtime.outputs import MAX_HOPS, hops, origin, plan

STORED = StoredObject("in", "in/clip.tar.gz", version="v1")


def output(
    folder: str = "out",
    prefixes: tuple[str, ...] = (),
    suffixes: tuple[str, ...] = (),
    key: str = "{name}",
) -> Output:
    return Output("b", folder, prefixes, suffixes, key)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "output"
    made.mkdir()
    return made


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def keys(folder: Path, *outputs: Output) -> list[str]:
    return [upload.key for upload in plan(folder, outputs, STORED, "id")]


def test_sub_folders_are_kept(folder: Path) -> None:
    write(folder, "b", "sub/a", "sub/deep/c")
    assert keys(folder, output()) == ["out/b", "out/sub/a", "out/sub/deep/c"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (output(), ["out/a.jpg", "out/b.jpg", "out/b.txt", "out/sub/b.jpg"]),
        (output(suffixes=("jpg",)), ["out/a.jpg", "out/b.jpg", "out/sub/b.jpg"]),
        (output(prefixes=("b", "sub/")), ["out/b.jpg", "out/b.txt", "out/sub/b.jpg"]),
        (output(prefixes=("b",), suffixes=("jpg", "png")), ["out/b.jpg"]),
    ],
    ids=["none", "suffix", "prefix", "both"],
)
def test_filters_look_at_the_relative_name(
    folder: Path, filters: Output, expected: list[str]
) -> None:
    write(folder, "a.jpg", "b.jpg", "b.txt", "sub/b.jpg")
    assert keys(folder, filters) == expected


def test_a_file_may_go_to_several_outputs(folder: Path) -> None:
    write(folder, "a.jpg")
    assert keys(folder, output("one"), output("two", suffixes=("jpg",)), output("")) == [
        "one/a.jpg",
        "two/a.jpg",
        "a.jpg",
    ]


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{request_id}/{name}", "out/id/sub/{stem}.txt"),
        ("{stem}/{name}", "out/clip.tar/sub/{stem}.txt"),
        ("all", "out/all"),
    ],
)
def test_templates_are_filled_in_one_pass(folder: Path, template: str, key: str) -> None:
    write(folder, "sub/{stem}.txt")
    assert keys(folder, output(key=template)) == [key]


def test_two_files_never_get_one_key(folder: Path) -> None:
    write(folder, "a", "b")
    with pytest.raises(StorageError, match="two outputs would both be s3://b/out/same"):
        keys(folder, output(key="same"))


def test_a_key_that_s3_would_refuse_is_refused_before_any_upload(folder: Path) -> None:
    write(folder, "n" * 200)
    with pytest.raises(StorageError, match="over 1024 bytes"):
        keys(folder, output(folder="f" * 900))


def test_links_are_followed_inside_the_folder_only(folder: Path, tmp_path: Path) -> None:
    write(folder, "file", "sub/other")
    write(tmp_path, "secret/file")
    (folder / "link").symlink_to("file")
    (folder / "sub" / "up").symlink_to("../file")
    (folder / "outside").symlink_to(tmp_path / "secret" / "file")
    (folder / "folder").symlink_to(tmp_path / "secret")
    (folder / "broken").symlink_to("nothing")
    (folder / "loop").symlink_to("loop")
    assert keys(folder, output()) == ["out/file", "out/link", "out/sub/other", "out/sub/up"]


def test_only_files_count(folder: Path) -> None:
    write(folder, "file")
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    assert keys(folder, output()) == ["out/file"]


def test_any_name_of_a_file_makes_a_key(folder: Path) -> None:
    for name in (b"new\nline", b"not utf-8 \xff", "ñ日 +%".encode()):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    assert keys(folder, output()) == ["out/newline", "out/not utf-8 \ufffd", "out/ñ日 +%"]


@given(st.text(max_size=1024))
def test_metadata_is_small_and_ascii_for_any_key(key: str) -> None:
    metadata = origin("f", "id", StoredObject("b", key, version="v"), 0)
    assert all(value.isascii() and "\n" not in value for value in metadata.values())
    assert sum(len(name) + len(value) for name, value in metadata.items()) < 2048


def test_the_origin_is_told() -> None:
    assert origin("f", "id", STORED, 3) == {
        "scar-function": "f",
        "scar-request-id": "id",
        "scar-input": "in/in/clip.tar.gz",
        "scar-input-version": "v1",
        "scar-hops": "4",
    }


@pytest.mark.parametrize("text", ["", "-1", "x", "²"])
def test_a_count_that_is_none_counts_as_nothing(text: str) -> None:
    assert hops({"scar-hops": text}) == 0


def test_a_circle_is_stopped() -> None:
    assert hops({"scar-hops": str(MAX_HOPS - 1)}) == MAX_HOPS - 1
    with pytest.raises(LoopError, match=f"come through {MAX_HOPS} functions"):
        hops({"scar-hops": str(MAX_HOPS)})
