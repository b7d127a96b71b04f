"""The users' images of the matrix, made without an image registry.

Each has a stable tag, so that the engine's store keeps it for the next run; RECIPE changes when
one of them is made differently.
"""

from __future__ import annotations

import functools
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from scar_constructs.local.images import RUNTIME_IMAGE
from scar_constructs.local.root_image import bootstrap
from tests.images.engine import Engine
from tests.images.fetched import debian_package, debian_source, unpack

RECIPE = "3"

STATIC_PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    char path[4096];
    printf("hello from a static program\n");
    snprintf(path, sizeof path, "%s/hello", getenv("TMP_OUTPUT_DIR"));
    FILE *file = fopen(path, "w");
    return file == NULL || fputs("hello\n", file) < 0 || fclose(file) != 0;
}
"""

# Preloaded by the image's programs, as a user may have it. It must never get into our Python.
PRELOADED = r"""
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
    char program[4096];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size > 0) {
        program[size] = 0;
        if (strstr(program, "/opt/scar/")) _exit(99);
    }
    setenv("PRELOADED", "yes", 1);
}
"""


def ensure(engine: Engine, name: str, folder: Path) -> str:
    """Have the base image `name`, made in `folder` where the store lacks it; gives its tag."""
    if name == "debian-13":
        return RUNTIME_IMAGE
    tag = f"localhost/scar-test/{name}:{RECIPE}"
    if not engine.has(tag):
        root = folder / "root"
        root.mkdir()
        if name in ROOTS:
            ROOTS[name](root)
            _common(root)
            engine.import_root(root, tag)
        else:
            base, lines = DERIVED[name]
            own = folder / base
            own.mkdir()
            base_tag = ensure(engine, base, own)
            (root / "Dockerfile").write_text(f"FROM {base_tag}\n{lines}\n")
            if name in FILES:
                FILES[name](root)
            engine.build(root, tag)
    return tag


def _common(root: Path) -> None:
    (root / "tmp").mkdir(exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc").mkdir(exist_ok=True)


def _busybox(root: Path) -> None:
    """A static shell with its tools, and no C library at all."""
    unpack(debian_package("busybox-static"), root)
    for name in ("sh", "cat", "cp", "env", "sleep", "id", "mkdir", "ls"):
        (root / "bin" / name).symlink_to("busybox")


def _debian(suite: str, root: Path) -> None:
    bootstrap(suite, root)


def _musl(root: Path) -> None:
    """musl's C library with a shell linked to it dynamically, as in Alpine."""
    unpack(debian_package("musl"), root)
    work = root.parent / "musl"
    _compile_dash(work, root / "bin")
    (root / "bin" / "sh").symlink_to("dash")


def _compile_dash(work: Path, destination: Path) -> None:
    compiler = _musl_compiler(work)
    with tarfile.open(debian_source("dash")) as archive:
        archive.extractall(work, filter="data")
    [source] = work.glob("dash-*")
    # Not run here, where its loader may be missing; the build's own helpers are.
    configure = ["./configure", "--quiet", "--host=x86_64-linux-musl", "CC_FOR_BUILD=gcc"]
    _run([*configure, f"CC={compiler} -L{work}/lib/x86_64-linux-musl"], source)
    _run(["make", "-s"], source)
    destination.mkdir(exist_ok=True)
    (source / "src" / "dash").rename(destination / "dash")


def _musl_compiler(work: Path) -> str:
    """Debian's musl-gcc, used from where it is unpacked."""
    for package in ("musl", "musl-dev", "musl-tools"):
        unpack(debian_package(package), work)
    specs = work / "usr" / "lib" / "x86_64-linux-musl" / "musl-gcc.specs"
    specs.write_text(specs.read_text().replace("/usr/", f"{work}/usr/"))
    return f"gcc -specs {specs}"


def _static(root: Path) -> None:
    """One static program, and not even a shell: as distroless and scratch images are."""
    work = root.parent / "static"
    compiler = _musl_compiler(work)
    (work / "hello.c").write_text(STATIC_PROGRAM)
    _run([*compiler.split(), "-static", "-o", str(root / "hello"), "hello.c"], work)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _hostile_files(root: Path) -> None:
    """Libraries that only have our libraries' names, and settings that break what reads them."""
    hostile = root / "hostile"
    hostile.mkdir()
    (hostile / "preloaded.c").write_text(PRELOADED)
    command = ["gcc", "-shared", "-fPIC", "-o", str(hostile / "preloaded.so")]
    subprocess.run([*command, str(hostile / "preloaded.c")], check=True)
    for name in ("libz.so.1", "libssl.so.3", "libcrypto.so.3", "libexpat.so.1", "libffi.so.8"):
        (hostile / name).write_bytes((hostile / "preloaded.so").read_bytes())
    for name in ("json", "botocore", "scar_runtime", "encodings"):
        (hostile / f"{name}.py").write_text("raise SystemExit(98)\n")
    (hostile / "openssl.cnf").write_text("openssl_conf = broken\n[broken\n")


def _figlet_files(root: Path) -> None:
    """A program that says in large letters what it is told, by arguments or else by its input."""
    unpack(debian_package("figlet"), root / "figlet")


def _field_files(root: Path) -> None:
    """A program that is only found from where it is."""
    (root / "moo").write_text('#!/bin/sh\necho "$PWD $(id -u): $0 $*"\n')
    (root / "moo").chmod(0o755)


ROOTS: dict[str, Callable[[Path], None]] = {
    "busybox": _busybox,
    "debian-12": functools.partial(_debian, "bookworm"),
    "debian-11": functools.partial(_debian, "bullseye"),
    "musl": _musl,
    "static": _static,
}

# Name: the image it comes from, and what its Dockerfile adds.
DERIVED = {
    "entrypoint": ("busybox", 'ENTRYPOINT ["/bin/cat", "/no/such/file"]\nCMD ["-x"]'),
    "user": ("busybox", "USER 1234:1234\nWORKDIR /etc"),
    "only-entrypoint": ("busybox", 'ENTRYPOINT ["/bin/cat"]'),
    "only-command": ("busybox", 'WORKDIR /etc\nCMD echo "$PWD: moo, $CALF"\nENV CALF=muh'),
    "figlet": (
        "debian-13",
        'COPY figlet /\nENTRYPOINT ["/usr/bin/figlet-figlet", "-w", "60"]\nCMD ["moo"]',
    ),
    "field": (
        "busybox",
        "COPY moo /field/moo\nWORKDIR /field\nUSER 1234:1234\n"
        'ENTRYPOINT ["./moo", "says"]\nCMD ["a cow"]',
    ),
    "hostile": (
        "debian-13",
        "COPY hostile /hostile\n"
        "COPY hostile/openssl.cnf /etc/ssl/openssl.cnf\n"
        "RUN echo /hostile >/etc/ld.so.conf && ldconfig\n"
        "WORKDIR /hostile\n"
        "ENV LD_PRELOAD=/hostile/preloaded.so LD_LIBRARY_PATH=/hostile PYTHONHOME=/hostile"
        " PYTHONPATH=/hostile PYTHONSTARTUP=/hostile/json.py OPENSSL_CONF=/hostile/openssl.cnf"
        " LC_ALL=xx_XX SSL_CERT_FILE=/hostile/none",
    ),
}

FILES: dict[str, Callable[[Path], None]] = {
    "hostile": _hostile_files,
    "figlet": _figlet_files,
    "field": _field_files,
}
"""What is beside the Dockerfiles of these."""

WITH_SHELL = (
    *("debian-13", "debian-12", "debian-11", "musl", "busybox"),
    *("entrypoint", "user", "hostile"),
)
