"""Which file goes where: filters, key templates, links, names; and what goes with it."""

from __future__ import annotations

import os
import socket
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
    (folder / "sub-link").symlink_to("sub")
    (folder / "broken").symlink_to("nothing")
    (folder / "loop").symlink_to("loop")
    (folder / "zero").symlink_to("/dev/zero")
    told: list[str] = []
    uploads = plan(folder, [output()], STORED, "id", told.append)
    assert [upload.key for upload in uploads] == [
        "out/file",
        "out/link",
        "out/sub/other",
        "out/sub/up",
    ]
    real = folder.resolve()
    assert [upload.file for upload in uploads][1::2] == [real / "file", real / "file"]
    assert told == [
        "outputs not uploaded, since they are no files of the output folder: 'broken' (a symbolic"
        " link that leads nowhere), 'folder' (a symbolic link that leads out of it), 'loop' (a"
        " symbolic link that leads nowhere), 'outside' (a symbolic link that leads out of it),"
        " 'sub-link' (a symbolic link to a folder), 'zero' (a symbolic link that leads out of it)"
    ]


def test_two_names_of_one_file_are_two_outputs_and_never_one_key(folder: Path) -> None:
    write(folder, "file")
    (folder / "hard").hardlink_to(folder / "file")
    (folder / "soft").symlink_to("file")
    assert keys(folder, output()) == ["out/file", "out/hard", "out/soft"]
    with pytest.raises(StorageError, match="two outputs would both be"):
        keys(folder, output(key="same", prefixes=("file", "soft")))


def test_only_files_count(folder: Path) -> None:
    write(folder, "file")
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "unwanted")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(folder / "socket"))
    told: list[str] = []
    wanted = output(prefixes=("file", "pipe", "sock"))
    assert [one.key for one in plan(folder, [wanted], None, "id", told.append)] == ["out/file"]
    [text] = told
    assert text.endswith(": 'pipe' (a pipe), 'socket' (a socket)")


def test_many_entries_make_a_short_warning(folder: Path) -> None:
    for number in range(100):
        (folder / f"{number:02}").symlink_to("/etc/passwd")
    told: list[str] = []
    assert plan(folder, [output()], None, "id", told.append) == []
    [text] = told
    assert "'00' (a symbolic link that leads out of it), '01'" in text
    assert text.endswith("'19' (a symbolic link that leads out of it), and 80 more")


def test_a_file_with_holes_is_one_that_is_as_large(folder: Path) -> None:
    write(folder, "file")
    os.truncate(folder / "file", 3 * 1024**3)
    [upload] = plan(folder, [output()], None, "id")
    assert upload.file.stat().st_size == 3 * 1024**3


def test_a_file_that_no_service_could_hold_is_refused_before_any_upload(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems know no file of 50 TiB, not even one with holes."""
    monkeypatch.setattr("scar_runtime.output_files.LARGEST", 1024)
    write(folder, "file")
    assert keys(folder, output()) == ["out/file"]
    os.truncate(folder / "file", 1025)
    with pytest.raises(StorageError, match="the output 'file' has more than 1024 bytes"):
        keys(folder, output())


def test_any_name_of_a_file_makes_a_key_and_a_changed_one_is_told(folder: Path) -> None:
    names = (b"new\nline", b"not utf-8 \xff", b"\x1b[31m\xc2\x9b", b"\n", "ñ日 +%".encode())
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    told: list[str] = []
    uploads = plan(folder, [output()], None, "id", told.append)
    assert {upload.key for upload in uploads} == {
        "out/new\ufffdline",
        "out/not utf-8 \ufffd",
        "out/\ufffd[31m\ufffd",
        "out/\ufffd",
        "out/ñ日 +%",
    }
    [text] = told
    assert text.startswith("outputs uploaded under other names, since keys are UTF-8 without")
    assert "'new\\nline' as 'new\ufffdline'" in text
    assert "b'not utf-8 \\xff' as 'not utf-8 \ufffd'" in text
    assert "'\\x1b[31m\\x9b' as '\ufffd[31m\ufffd'" in text
    assert text.isprintable()


def test_two_names_that_become_one_are_refused(folder: Path) -> None:
    for name in (b"a\nb", b"a\tb"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    with pytest.raises(StorageError, match="two outputs would both be s3://b/out/a\ufffdb"):
        keys(folder, output())


@given(st.text(max_size=1024))
def test_metadata_is_small_and_ascii_for_any_key(key: str) -> None:
    metadata = origin("f", "id", StoredObject("b", key, version="v"), 0, "0" * 32)
    assert all(value.isascii() and "\n" not in value for value in metadata.values())
    assert sum(len(name) + len(value) for name, value in metadata.items()) < 2048


def test_the_origin_is_told() -> None:
    assert origin("f", "id", STORED, 3, "0" * 32) == {
        "scar-function": "f",
        "scar-request-id": "id",
        "scar-input": "in/in/clip.tar.gz",
        "scar-input-version": "v1",
        "scar-hops": "4",
        "scar-trace": "0" * 32,
    }


@pytest.mark.parametrize("text", ["", "-1", "x", "²"])
def test_a_count_that_is_none_counts_as_nothing(text: str) -> None:
    assert hops({"scar-hops": text}) == 0


def test_a_circle_is_stopped() -> None:
    assert hops({"scar-hops": str(MAX_HOPS - 1)}) == MAX_HOPS - 1
    with pytest.raises(LoopError, match=f"come through {MAX_HOPS} functions"):
        hops({"scar-hops": str(MAX_HOPS)})
