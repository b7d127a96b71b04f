"""A container image of a root file system that was made on this machine, and of nothing else of it.

While debootstrap runs, /proc of this machine is mounted in the tree that it fills: packed as it is,
the environments of all processes would be files of the image.
"""

from __future__ import annotations

import contextlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

PSEUDO_FOLDERS = ("dev", "proc", "sys")
"""What an engine mounts in each container; an image has at most an empty folder there."""
OF_THIS_MACHINE = ("etc/hostname", "etc/resolv.conf")
"""What debootstrap copies from the machine that it runs on, and an engine makes for a container."""
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_MOUNT_POINT = 4
_CAUSE_LINES = 5


class ImageError(Exception):
    """An image can be neither found, nor pulled, nor made; the text says what to do."""


def bootstrap(suite: str, root: Path, packages: Sequence[str] = ()) -> None:
    """Fill `root` with a small Debian. Raises `ImageError`.

    debootstrap runs in namespaces of its own: what it mounts is seen by nobody else, and gone with
    it, however it ends; and its processes end with it.
    """
    options = ["--variant=minbase", *([f"--include={','.join(packages)}"] if packages else [])]
    apart = _APART if _succeeds([*_APART, "true"]) else ()
    try:
        run([*apart, "debootstrap", *options, suite, str(root)])
    finally:
        _unmount(root)
    for name in OF_THIS_MACHINE:
        (root / name).unlink(missing_ok=True)


def import_root(
    engine: str,
    root: Path,
    tag: str,
    changes: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Make an image of the files under `root`, in the store of `engine`. Raises `ImageError`."""
    with tempfile.NamedTemporaryFile(prefix="scar-root-", suffix=".tar") as archive:
        excluded = [f"--exclude=./{folder}/*" for folder in PSEUDO_FOLDERS]
        packed = ["tar", "--one-file-system", *excluded, "-C", str(root), "-cf", archive.name, "."]
        run(packed)
        if found := list(foreign_files(Path(archive.name))):
            raise ImageError(f"files of this machine are in the image {tag}: {found[0]}, ...")
        given = [word for change in changes for word in ("--change", change)]
        run([engine, "import", *given, archive.name, tag], environment)


def foreign_files(archive: Path) -> Iterator[str]:
    """The names of a root's files that belong to the machine that packed it."""
    with tarfile.open(archive) as members:
        for member in members:
            parts = [part for part in PurePosixPath(member.name).parts if part != "."]
            if len(parts) > 1 and parts[0] in PSEUDO_FOLDERS:
                yield member.name


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Raises `ImageError` with the last lines of what a failed command printed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        cause = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_CAUSE_LINES:])
        name = next(word for word in command if word not in _APART)
        raise ImageError(f"{name} failed with code {done.returncode}:\n{cause}")


def _unmount(root: Path) -> None:
    """Unmount what is mounted in the tree, the deepest first: where there are no namespaces."""
    place = str(root.resolve())
    with contextlib.suppress(OSError):  # no /proc: another system, without debootstrap
        fields = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        mounted = [field[_MOUNT_POINT] for field in fields]
        for point in sorted((m for m in mounted if m.startswith(f"{place}/")), reverse=True):
            _succeeds(["umount", "--lazy", point])


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
