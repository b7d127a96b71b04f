"""Saved images that somebody made to harm: reading them ends, with a fault in words."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.aws.package.base_stage import base_stage
from scar_constructs.images.root_filesystem import write_root
from scar_constructs.language import archive
from scar_constructs.language.archive import ImageFileError
from scar_constructs.language.saved_image import find_image
from scar_constructs.model import Architecture
from tests.unit.saved_images import (
    Member,
    configuration,
    docker_archive,
    document,
    file,
    hard_link,
    symbolic_link,
    tar,
)

AMD = Architecture.X86_64
BLOCK = 512


def with_size(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header that tells of this size, in the base of 256 that large and negative numbers have."""
    entry = tarfile.TarInfo(name)
    entry.type = kind
    header = bytearray(entry.tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = bytes([0o377 if size < 0 else 0o200]) + (size % 256**11).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def refused(path: Path) -> str:
    with pytest.raises(ImageFileError) as caught:
        find_image(path, AMD)
    return str(caught.value)


@pytest.mark.parametrize("size", [-1, -BLOCK, -2 * BLOCK, -(10**9)])
@pytest.mark.parametrize("before", [0, 1])
def test_a_size_below_nothing_ends(size: int, before: int, tmp_path: Path) -> None:
    first = tarfile.TarInfo("first").tobuf(tarfile.USTAR_FORMAT) * before
    path = tmp_path / "saved.tar"
    path.write_bytes(first + with_size("manifest.json", size) + b"\0" * 2 * BLOCK)
    assert "a size below 0" in refused(path)


def test_a_size_below_nothing_in_an_extended_header_ends(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.pax_headers = {"size": "-512"}
    path = tmp_path / "saved.tar"
    path.write_bytes(header.tobuf(tarfile.PAX_FORMAT) + b"\0" * 2 * BLOCK)
    assert "damaged" in refused(path)


def test_a_size_below_nothing_in_a_layer_ends(tmp_path: Path) -> None:
    layer = tar([file("a")])[:BLOCK] + with_size("b", -BLOCK) + b"\0" * 2 * BLOCK
    names = {"manifest.json": [{"Config": "c", "Layers": ["l"]}]}
    documents = [file(name, document(value)) for name, value in names.items()]
    path = tmp_path / "saved.tar"
    path.write_bytes(tar([*documents, file("c", configuration([layer])), file("l", layer)]))
    image = find_image(path, AMD)
    with pytest.raises(ImageFileError, match="a size below 0"):
        write_root(path, image, tmp_path / "root.tar")


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_a_header_of_gigabytes_is_not_read(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "saved.tar"
    path.write_bytes(with_size("x", 3 * 2**30, kind) + b"\0" * BLOCK)
    assert "a header of 3,221,225,472 bytes" in refused(path)


def test_a_chain_of_headers_ends(tmp_path: Path) -> None:
    """Each says something of the next one, which Python reads by recursion."""
    path = tmp_path / "saved.tar"
    path.write_bytes(with_size("x", 0, b"x") * 5_000 + b"\0" * 2 * BLOCK)
    assert "must be a tar" in refused(path)


def test_members_without_end_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MEMBERS_MAX", 10)
    path = tmp_path / "saved.tar"
    path.write_bytes(tar([file(str(number)) for number in range(10)]))
    assert "the tar holds none" in refused(path)
    path.write_bytes(tar([file(str(number)) for number in range(11)]))
    assert "does not end after 10 members" in refused(path)


@pytest.mark.parametrize(
    "members",
    [
        [symbolic_link("manifest.json", "manifest.json")],
        [symbolic_link("manifest.json", "a"), symbolic_link("a", "manifest.json")],
        [hard_link("manifest.json", "a"), hard_link("a", "manifest.json")],
        [file("manifest.json", b"[" * 100_000)],
        [file("index.json", b'{"manifests":' * 50_000)],
    ],
    ids=["link to itself", "ring", "ring of hard links", "deep list", "deep mapping"],
)
def test_what_leads_to_itself_or_goes_deep_ends(members: list[Member], tmp_path: Path) -> None:
    path = tmp_path / "saved.tar"
    path.write_bytes(tar(members))
    assert "damaged" in refused(path)


UNSAYABLE = st.sampled_from(["\n", "\r", "\0", "\ud800", "\udfff"])
TEXT = st.text(st.characters(codec="ascii"), max_size=8)


@given(TEXT, UNSAYABLE, TEXT)
@pytest.mark.parametrize("key", ["User", "WorkingDir", "StopSignal", "Env", "Labels"])
def test_no_setting_ends_a_line_of_the_dockerfile(
    tmp_path_factory: pytest.TempPathFactory, key: str, start: str, character: str, end: str
) -> None:
    value = f"{start}{character}{end}"
    setting = {"Env": [f"A={value}"], "Labels": {"a": value}}.get(key, value)
    path = tmp_path_factory.mktemp("image") / "saved.tar"
    docker_archive(path, [file("a")], config={key: setting})
    assert "no Dockerfile can say" in refused(path)


@given(st.text(max_size=12), st.text(max_size=12))
def test_what_is_accepted_makes_one_line_each(
    tmp_path_factory: pytest.TempPathFactory, user: str, word: str
) -> None:
    path = tmp_path_factory.mktemp("image") / "saved.tar"
    config = {"User": user, "WorkingDir": user, "StopSignal": user, "Cmd": [word]}
    docker_archive(path, [file("a")], config=config)
    try:
        settings = find_image(path, AMD).settings
    except ImageFileError:
        return
    lines = "\n".join(base_stage(settings)).encode().split(b"\n")
    known = (b"FROM", b"ADD", b"WORKDIR", b"USER", b"STOPSIGNAL", b"ENTRYPOINT", b"CMD")
    assert all(line.startswith(known) for line in lines)


@pytest.mark.parametrize("key", ["Entrypoint", "Cmd"])
@pytest.mark.parametrize("word", ["a\0b", "a\ud800"])
def test_no_argument_of_a_program_is_cut_or_is_no_text(tmp_path: Path, key: str, word: str) -> None:
    path = docker_archive(tmp_path / "saved.tar", [file("a")], config={key: [word]})
    assert f"no Dockerfile can say: {key}" in refused(path)


def test_an_argument_may_have_several_lines(tmp_path: Path) -> None:
    words = ["sh", "-c", "echo a\necho b"]
    path = docker_archive(tmp_path / "saved.tar", [file("a")], config={"Cmd": words})
    assert find_image(path, AMD).settings.command == tuple(words)
