"""Images saved to a file: what is found in them, and the one tar that is made of their layers."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from scar_constructs.images.root_filesystem import write_root
from scar_constructs.language.archive import ImageFileError
from scar_constructs.language.saved_image import SavedImage, find_image
from scar_constructs.model import Architecture
from tests.unit.saved_images import (
    Member,
    configuration,
    docker_archive,
    document,
    file,
    folder,
    hard_link,
    oci_archive,
    symbolic_link,
    tar,
)

AMD, ARM = Architecture.X86_64, Architecture.ARM64
CAPABILITY = "SCHILY.xattr.security.capability"


def root_of(tmp_path: Path, *layers: list[Member]) -> dict[str, tarfile.TarInfo]:
    """The files of an image of these layers, by their names."""
    saved = docker_archive(tmp_path / "saved.tar", *layers)
    write_root(saved, find_image(saved, AMD), tmp_path / "root.tar")
    with tarfile.open(tmp_path / "root.tar") as root:
        return {member.name: member for member in root}


def text_of(tmp_path: Path, name: str) -> bytes:
    with tarfile.open(tmp_path / "root.tar") as root:
        found = root.extractfile(name)
        assert found is not None
        return found.read()


def test_an_upper_layer_replaces_adds_and_takes_away(tmp_path: Path) -> None:
    files = root_of(
        tmp_path,
        [folder("a"), file("a/kept"), file("a/replaced", b"old"), file("a/gone"), file("b/c")],
        [file("a/replaced", b"new"), file("a/.wh.gone"), file("a/added"), file(".wh.b")],
    )
    assert list(files) == [".", "a", "a/added", "a/kept", "a/replaced"]
    assert text_of(tmp_path, "a/replaced") == b"new"


def test_an_opaque_folder_hides_what_is_below_and_nothing_of_its_own_layer(tmp_path: Path) -> None:
    files = root_of(
        tmp_path,
        [folder("a"), file("a/old"), file("a/sub/old")],
        [file("a/new"), file("a/.wh..wh..opq"), file("a/.wh..wh.plnk")],
    )
    assert list(files) == [".", "a", "a/new"]


def test_what_a_layer_takes_away_it_may_bring_back(tmp_path: Path) -> None:
    root_of(tmp_path, [file("a", b"old")], [file("a", b"new"), file(".wh.a")])
    assert text_of(tmp_path, "a") == b"new"


def test_a_file_in_place_of_a_folder_and_the_reverse(tmp_path: Path) -> None:
    files = root_of(tmp_path, [file("a/b"), file("c")], [file("a"), file("c/d")])
    assert {name: one.isdir() for name, one in files.items()} == {
        **{".": True, "a": False, "c": True, "c/d": False}
    }


def test_a_folder_told_of_again_keeps_what_is_in_it(tmp_path: Path) -> None:
    files = root_of(tmp_path, [folder("a", uid=1), file("a/b")], [folder("./a/", uid=2)])
    assert (files["a"].uid, "a/b" in files) == (2, True)


def test_hard_links_outlive_the_name_that_they_were_made_of(tmp_path: Path) -> None:
    files = root_of(
        tmp_path,
        [file("a", b"same", mode=0o4755, uid=7), hard_link("b", "a"), hard_link("c", "./a")],
        [file(".wh.a")],
    )
    assert list(files) == [".", "b", "c"]
    assert (files["b"].mode, files["b"].uid, files["c"].islnk()) == (0o4755, 7, True)
    assert files["c"].linkname == "b"
    assert text_of(tmp_path, "b") == b"same"


def test_files_arrive_through_links_to_folders_which_never_lead_out(tmp_path: Path) -> None:
    files = root_of(
        tmp_path,
        [folder("usr/lib"), symbolic_link("lib", "usr/lib"), symbolic_link("up", "../../../x")],
        [file("lib/new"), file("up/file")],
    )
    assert {"usr/lib/new", "x/file"} < files.keys()
    assert files["lib"].issym()


def test_owners_times_modes_and_attributes_are_kept_and_names_of_owners_are_not(
    tmp_path: Path,
) -> None:
    capability = "\x01\0\udcff"
    attributes = {CAPABILITY: capability, "comment": "left out"}
    one = file(
        "bin/ping",
        b"#!",
        uid=5,
        gid=6,
        uname="me",
        mode=0o2711,
        mtime=981173106.5,
        pax_headers=attributes,
    )
    made = root_of(tmp_path, [one])["bin/ping"]
    assert (made.uid, made.gid, made.uname, made.mode, made.mtime) == (
        5,
        6,
        "",
        0o2711,
        981173106.5,
    )
    assert made.pax_headers[CAPABILITY] == capability
    assert "comment" not in made.pax_headers


def test_long_names_and_names_that_are_no_text(tmp_path: Path) -> None:
    name = "folder/" * 40 + "\udcff name"
    assert name in root_of(tmp_path, [file(name, b"x")])


def test_the_same_image_is_the_same_bytes_whatever_its_form(tmp_path: Path) -> None:
    layers = [[file("a", b"x" * 5000), file("sub/b")], [file("a", b"y"), file("0")]]
    image = configuration([tar(one) for one in layers])
    first = docker_archive(tmp_path / "one.tar", *layers)
    second = oci_archive(tmp_path / "two.tar", [image], *layers)
    for saved in (first, second):
        write_root(saved, find_image(saved, AMD), saved.with_suffix(".root"))
    assert first.with_suffix(".root").read_bytes() == second.with_suffix(".root").read_bytes()
    assert find_image(first, AMD).identity == find_image(second, AMD).identity


def test_of_several_platforms_the_function_s_is_taken(tmp_path: Path) -> None:
    layers = [[file("a")]]
    images = [configuration([tar(layers[0])], architecture=one) for one in ("amd64", "arm64")]
    saved = oci_archive(tmp_path / "both.tar", images, *layers)
    assert find_image(saved, AMD).identity != find_image(saved, ARM).identity


def test_what_the_image_says_of_its_programs(tmp_path: Path) -> None:
    config = {
        "Env": ["PATH=/bin", "EQUALS=a=b", "EMPTY="],
        "Labels": {"one": "two"},
        "Entrypoint": ["/bin/tool"],
        "Cmd": None,
        "WorkingDir": "/work",
        "User": "1:2",
        "StopSignal": "SIGINT",
    }
    settings = find_image(docker_archive(tmp_path / "a.tar", [], config=config), AMD).settings
    assert settings.environment == {"PATH": "/bin", "EQUALS": "a=b", "EMPTY": ""}
    assert settings.labels == {"one": "two"}
    assert (settings.entrypoint, settings.command) == (("/bin/tool",), ())
    assert (settings.folder, settings.user, settings.stop_signal) == ("/work", "1:2", "SIGINT")


def refused(path: Path, architecture: Architecture = AMD) -> str:
    with pytest.raises(ImageFileError) as caught:
        find_image(path, architecture)
    return f"{caught.value}; {caught.value.fix}"


def test_a_file_that_is_no_plain_tar(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("FROM debian\n")
    (tmp_path / "packed").write_bytes(gzip.compress(tar([])))
    (tmp_path / "other").write_bytes(tar([file("a")]))
    assert "must be a tar as" in refused(tmp_path / "text")
    assert "compressed with gzip; unpack it" in refused(tmp_path / "packed")
    assert "must hold a saved image, and the tar holds none" in refused(tmp_path / "other")


def test_several_images(tmp_path: Path) -> None:
    entry = {"Config": "image.json", "Layers": []}
    saved = tmp_path / "two.tar"
    saved.write_bytes(tar([file("manifest.json", document([entry, entry]))]))
    assert "must hold one image, and the tar holds 2" in refused(saved)


def test_an_image_for_another_processor_or_system(tmp_path: Path) -> None:
    saved = docker_archive(tmp_path / "a.tar", [], architecture="arm64")
    assert refused(saved) == (
        "must be an image for amd64, and it is one for arm64; write `architectures: [arm64]`, "
        "or save one with `docker pull --platform linux/amd64` first"
    )
    assert find_image(saved, ARM).layers
    other = docker_archive(tmp_path / "b.tar", [], os="windows")
    assert "must be an image for Linux, and it is one for windows" in refused(other)


def test_layers_that_cannot_be_read_here(tmp_path: Path) -> None:
    zstd = b"\x28\xb5\x2f\xfd more"
    members = [
        file("manifest.json", document([{"Config": "c", "Layers": ["l"]}])),
        file("c", configuration([zstd])),
        file("l", zstd),
    ]
    (tmp_path / "zstd.tar").write_bytes(tar(members))
    assert "layers that are compressed with zstd" in refused(tmp_path / "zstd.tar")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([file("manifest.json", b"[")], "manifest.json is not JSON"),
        ([file("manifest.json", b"{}")], "manifest.json is not as it should be"),
        ([file("manifest.json", document([{"Config": "no", "Layers": []}]))], "no is missing"),
        (
            [file("manifest.json", document([{"Config": "c", "Layers": ["l"]}])), file("c", b"{}")],
            "c is not as it should be",
        ),
        (
            [
                file("manifest.json", document([{"Config": "c", "Layers": []}])),
                file("c", configuration([b"one"])),
            ],
            "it tells of 1 layers and has 0",
        ),
        (
            [file("index.json", document({"manifests": [{"digest": "sha256:../../etc"}]}))],
            "sha256:../../etc is not a digest",
        ),
    ],
)
def test_a_damaged_file(tmp_path: Path, members: list[Member], told: str) -> None:
    (tmp_path / "a.tar").write_bytes(tar(members))
    assert f"the file is damaged: {told}" in refused(tmp_path / "a.tar")


def test_a_setting_that_no_dockerfile_can_say(tmp_path: Path) -> None:
    saved = docker_archive(tmp_path / "a.tar", [], config={"Env": ["A=one\ntwo"]})
    assert "has a setting that no Dockerfile can say: variable or label A; push" in refused(saved)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([[file("../../etc/passwd")]], "../../etc/passwd leads out of the image"),
        ([[hard_link("a", "nothing")]], "a is a link to nothing, which is no file"),
        (
            [[symbolic_link("a", "b"), symbolic_link("b", "a")], [file("a/c")]],
            "a goes through a ring of links",
        ),
    ],
    ids=["escape", "link to nothing", "ring"],
)
def test_layers_that_no_engine_would_take(
    tmp_path: Path, layers: list[list[Member]], told: str
) -> None:
    with pytest.raises(ImageFileError, match="the file is damaged") as caught:
        root_of(tmp_path, *layers)
    assert str(caught.value).endswith(told)


def test_a_layer_that_is_not_what_the_image_says(tmp_path: Path) -> None:
    saved = docker_archive(tmp_path / "a.tar", [file("a", b"content")])
    image = find_image(saved, AMD)
    saved.write_bytes(saved.read_bytes().replace(b"content", b"CONTENT"))
    with pytest.raises(ImageFileError, match=r"0/layer\.tar does not match its digest"):
        write_root(saved, image, tmp_path / "root.tar")


def test_a_layer_through_a_link_of_the_archive(tmp_path: Path) -> None:
    """As podman and older Docker name layers that images share."""
    layer = tar([file("a")])
    members = [
        file("shared.tar", layer),
        symbolic_link("0/layer.tar", "../shared.tar"),
        file("manifest.json", document([{"Config": "c", "Layers": ["0/layer.tar"]}])),
        file("c", configuration([layer])),
    ]
    (tmp_path / "a.tar").write_bytes(tar(members))
    found: SavedImage = find_image(tmp_path / "a.tar", AMD)
    write_root(tmp_path / "a.tar", found, tmp_path / "root.tar")
    with tarfile.open(tmp_path / "root.tar") as root:
        assert root.getnames() == [".", "a"]


def test_members_of_the_file_may_stand_in_any_order(tmp_path: Path) -> None:
    saved = docker_archive(tmp_path / "a.tar", [file("a")])
    with tarfile.open(saved) as archive:
        members: list[Member] = []
        for one in archive:
            stream = archive.extractfile(one)
            assert stream is not None
            members.append(file(one.name, stream.read()))
    other = tmp_path / "b.tar"
    other.write_bytes(tar(members[::-1]))
    assert find_image(other, AMD) == find_image(saved, AMD)
