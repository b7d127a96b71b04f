"""The images that this project itself needs, also where no image registry can be reached.

The derived images take their private Python from a plain Debian image with a public name. With a
registry in reach, the engine pulls it. Without one, this module makes the same Debian with
debootstrap, and gives it the public name, so that the synthesised templates build as they are.
The stand-in already holds Python and the runtime's wheels (fetched on this machine and checked
against their hashes), since a build container may have no way to a package registry either. It also
stands in for the public Python image of helper containers, of which only Python is used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from scar_constructs.installation import RUNTIME
from scar_constructs.local.root_image import ImageError, bootstrap, import_root, run

RUNTIME_IMAGE = "public.ecr.aws/docker/library/debian:trixie-slim"
"""Debian 13 as Docker's official images publish it, in a registry without pull limits on AWS."""

HELPER_IMAGE = "public.ecr.aws/docker/library/python:3.13-slim"
"""What the helper containers of jobs with `build: false` run."""

_REQUIREMENTS = RUNTIME / "requirements.txt"
_WHEELS = "opt/scar-wheels"
_LABEL = "scar.requirements"
_PACKAGES = ("python3", "python3-pip", "binutils", "ca-certificates")
_PULL_SECONDS = 300
_RECIPE = b"2"
"""Changes when the stand-in is made differently, so that older ones are made again."""


def ensure_runtime_image(engine: str, report: Callable[[str], None]) -> None:
    """Have `RUNTIME_IMAGE` in the store of `engine` ("podman" or "docker").

    `report` gets one line before each step that takes long. Raises `ImageError`.
    """
    if _is_present(engine, RUNTIME_IMAGE):
        return
    report(f"pulling {RUNTIME_IMAGE}")
    if _succeeds([engine, "pull", RUNTIME_IMAGE], timeout=_PULL_SECONDS):
        return
    _refuse_unless_buildable()
    report(f"no registry answers for {RUNTIME_IMAGE}: making it with debootstrap (a minute or two)")
    with tempfile.TemporaryDirectory(prefix="scar-debian-") as folder:
        root = Path(folder) / "root"
        _bootstrap(root)
        _fetch_wheels(root / _WHEELS)
        report("importing the image")
        import_root(engine, root, RUNTIME_IMAGE, [f"LABEL {_LABEL}={_pins()}"])


def ensure_helper_image(engine: str, report: Callable[[str], None]) -> None:
    """Have `HELPER_IMAGE` in the store of `engine`, as above."""
    if _is_present(engine, HELPER_IMAGE):
        return
    report(f"pulling {HELPER_IMAGE}")
    if _succeeds([engine, "pull", HELPER_IMAGE], timeout=_PULL_SECONDS):
        return
    ensure_runtime_image(engine, report)
    if _label(engine, RUNTIME_IMAGE) != _pins():
        raise ImageError(f"{HELPER_IMAGE} can neither be found nor pulled: pull or load it by hand")
    run([engine, "tag", RUNTIME_IMAGE, HELPER_IMAGE])


def _is_present(engine: str, image: str) -> bool:
    """Whether the image is there and, if it is a stand-in, is made as it would be now."""
    return _label(engine, image) in ("", "<no value>", _pins())


def _label(engine: str, image: str) -> str | None:
    """What a stand-in says of how it was made; nothing if the image is none, None if it is not
    there."""
    label = f'{{{{index .Config.Labels "{_LABEL}"}}}}'
    found = subprocess.run(
        [engine, "image", "inspect", "--format", label, image], capture_output=True, text=True
    )
    return found.stdout.strip() if found.returncode == 0 else None


def _pins() -> str:
    return hashlib.sha256(_RECIPE + _REQUIREMENTS.read_bytes()).hexdigest()


def _refuse_unless_buildable() -> None:
    cannot = f"{RUNTIME_IMAGE} can neither be found nor pulled, and cannot be made here: "
    if os.geteuid() != 0:
        raise ImageError(cannot + "debootstrap needs root; pull or load the image by hand")
    if shutil.which("debootstrap") is None:
        raise ImageError(cannot + "install debootstrap (apt-get install debootstrap)")


def _bootstrap(root: Path) -> None:
    bootstrap("trixie", root, _PACKAGES)
    for cache in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(root / cache)
        (root / cache / "partial").mkdir(parents=True)
    shutil.rmtree(root / "usr/share/doc")


def _fetch_wheels(folder: Path) -> None:
    """Fetch the runtime's wheels for the image's Python (CPython 3.13, glibc), hashes checked."""
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.13"),
            *("--platform", "manylinux2014_x86_64", "--platform", "manylinux1_x86_64"),
            *("--requirement", str(_REQUIREMENTS), "--dest", str(folder)),
        ]
    )


def _succeeds(command: Sequence[str], timeout: float | None = None) -> bool:
    try:
        done = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
