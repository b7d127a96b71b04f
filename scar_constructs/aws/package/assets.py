"""Asset folders that are the same bytes in the same order wherever and whenever they are made."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scar_constructs.installation import RUNTIME

PACKAGE = "scar_runtime"

_CACHES = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
_EXECUTABLE, _PLAIN, _FOLDER = 0o755, 0o644, 0o755
_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip knows."""


@contextmanager
def image_context(config: str, payload: Path | None = None) -> Iterator[Path]:
    """A build context of the derived image: all of runtime/, and the function's configuration.

    `payload` is a folder of files that the script finds in EXTRA_PAYLOAD, links followed.
    The folder lives as long as the block; CDK copies it into the assembly when the asset is made.
    """
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "context"
        shutil.copytree(RUNTIME, root, ignore=_CACHES)
        _write(root / "function" / "config.json", config)
        if payload:
            shutil.copytree(payload, root / "function" / "payload")
        fix_modes(root)
        yield root


@contextmanager
def runtime_zip(config: str, payload: Path | None = None) -> Iterator[Path]:
    """A zip of the runtime and the function's configuration: what the dispatcher runs, and the
    helper containers of a job whose image is not built upon.

    `payload` is as for an image. The zip is made here, and not by the CDK CLI, so that its digest
    is known to the template.
    """
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "package"
        shutil.copytree(RUNTIME / PACKAGE, root / PACKAGE, ignore=_CACHES)
        _write(root / "config.json", config)
        if payload:
            shutil.copytree(payload, root / "payload")
        fix_modes(root)
        packed = Path(temporary) / "runtime.zip"
        _zip(root, packed)
        yield packed


def _zip(root: Path, target: Path) -> None:
    """Pack the files in the order of their names, all of one time, uncompressed: compressors
    differ from machine to machine."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _TIME)
                entry.external_attr = (stat.S_IFREG | path.stat().st_mode & 0o777) << 16
                archive.writestr(entry, path.read_bytes())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="ascii")


def fix_modes(root: Path) -> None:
    """Give the folder modes that do not depend on the umask.

    Lambda runs an image as a user of its own, who must be able to read all of it.
    """
    root.chmod(_FOLDER)
    for path in root.rglob("*"):
        if path.is_dir():
            path.chmod(_FOLDER)
        else:
            path.chmod(_EXECUTABLE if path.stat().st_mode & 0o100 else _PLAIN)
