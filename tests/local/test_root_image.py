"""What gets into an image of a root file system, and what a debootstrap leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scar_constructs.local import root_image
from scar_constructs.local.engines import EngineName, engine_environment
from scar_constructs.local.images import RUNTIME_IMAGE
from scar_constructs.local.root_image import ImageError, foreign_files, import_root
from scar_constructs.local.run import ensure_images
from tests.local.workflows import quiet
from tests.support.waiting import HANG_SECONDS, eventually

ROOT = Path(__file__).parent.parent.parent
ENGINE = """#!/bin/sh
for archive; do case $archive in *.tar) tar -tf "$archive" | sort >"{folder}/members" ;; esac; done
printf '%s\\n' "$*" >"{folder}/call"
"""
DEBOOTSTRAP = """#!/bin/sh
for root; do :; done
mkdir -p "$root/proc" && mount -t proc proc "$root/proc" && echo "$$" >"$root.ready"
exec sleep 600
"""
BOOTSTRAP = """
import sys
from pathlib import Path
from scar_constructs.local import root_image
if sys.argv[2] == "alone":
    root_image._APART = ("false",)
root_image.bootstrap("trixie", Path(sys.argv[1]))
"""


def may_mount() -> bool:
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Another file system at the folder."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def mounts_in(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if f" {folder}/" in line]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root whose /proc, /sys and /dev hold what is none of an image's business."""
    root = tmp_path / "root"
    for name in ("proc/1/environ", "sys/kernel/x", "dev/sda", "etc/os-release", "proc.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("SECRET=1")
    return root


def engine_in(folder: Path) -> str:
    client = folder / "engine"
    client.write_text(ENGINE.format(folder=folder))
    client.chmod(0o755)
    return str(client)


def members(folder: Path) -> list[str]:
    return (folder / "members").read_text().split()


def test_pseudo_file_systems_are_empty_folders_of_an_image(tree: Path, tmp_path: Path) -> None:
    import_root(engine_in(tmp_path), tree, "made:1", ["LABEL a=b"])
    expected = ["./", "./dev/", "./etc/", "./etc/os-release", "./proc.txt", "./proc/", "./sys/"]
    assert members(tmp_path) == sorted(expected)
    assert (tmp_path / "call").read_text().startswith("import --change LABEL a=b /")


@pytest.mark.skipif(not may_mount(), reason="mounting needs root")
def test_what_is_mounted_in_the_tree_stays_out_of_the_image(tree: Path, tmp_path: Path) -> None:
    point = tree / "opt" / "mounted"
    point.mkdir(parents=True)
    with mounted(point):
        (point / "secret").write_text("x")
        import_root(engine_in(tmp_path), tree, "made:1")
    assert "./opt/mounted/" in members(tmp_path)
    assert "./opt/mounted/secret" not in members(tmp_path)


def test_an_image_with_files_of_this_machine_is_not_made(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "plain.tar"
    subprocess.run(["tar", "-C", tree, "-cf", archive, "."], check=True)
    found = set(foreign_files(archive))
    assert {"./proc/1/environ", "./sys/kernel/x", "./dev/sda"} <= found
    assert "./proc.txt" not in found
    packer = tmp_path / "bin" / "tar"
    packer.parent.mkdir()
    packer.write_text(f"#!/bin/sh\nfor a; do case $a in *.tar) cp {archive} $a ;; esac; done\n")
    packer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{packer.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ImageError, match="files of this machine are in the image made:1"):
        import_root(engine_in(tmp_path), tree, "made:1")
    assert not (tmp_path / "call").exists()


@pytest.mark.skipif(not may_mount(), reason="mounting needs root")
@pytest.mark.parametrize("how", ["apart", "alone"])
def test_an_interrupted_debootstrap_leaves_no_mount_behind(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "debootstrap"
    program.parent.mkdir()
    program.write_text(DEBOOTSTRAP)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    root = tmp_path / "root"
    root.mkdir()
    command = [sys.executable, "-c", BOOTSTRAP, str(root), how]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as running:
        eventually(Path(f"{root}.ready").exists)
        if how == "apart":
            assert mounts_in(tmp_path) == []
        running.send_signal(signal.SIGINT)
        running.wait(HANG_SECONDS)
    assert mounts_in(tmp_path) == []
    assert list((root / "proc").iterdir()) == []


@pytest.mark.container
def test_the_image_that_everything_is_built_on_has_no_file_of_this_machine(
    containers: EngineName,
) -> None:
    ensure_images(containers, quiet)
    environment = engine_environment(containers)

    def engine(*arguments: str) -> str:
        command = [containers.value, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    made = engine("create", RUNTIME_IMAGE, "true")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        try:
            engine("export", "--output", str(archive), made)
        finally:
            engine("rm", made)
        with tarfile.open(archive) as exported:
            assert any(member.name.endswith("etc/os-release") for member in exported)
        # Of an engine's own are some files in /dev.
        found = [name for name in foreign_files(archive) if not name.startswith("dev/")]
    assert found == []


def test_what_debootstrap_takes_over_from_this_machine_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        (tmp_path / "etc").mkdir()
        for name in root_image.OF_THIS_MACHINE:
            (tmp_path / name).write_text("x")

    monkeypatch.setattr(root_image, "run", fill)
    root_image.bootstrap("trixie", tmp_path)
    assert list((tmp_path / "etc").iterdir()) == []
