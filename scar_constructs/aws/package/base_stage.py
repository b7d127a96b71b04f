"""A saved image as the base of a derived one: its files, and its settings in a Dockerfile.

What an image says of ports, volumes and health is for other engines than Lambda and Batch, and is
left out.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from scar_constructs.images.root_filesystem import write_root
from scar_constructs.language.archive import ImageFileError
from scar_constructs.language.saved_image import ImageSettings, find_image
from scar_constructs.model import Architecture

ROOT = "rootfs.tar"
STAGE = "saved"
_FORM = "1"
"""Goes up when the same image is written as other bytes."""
_LAST_STAGE = "FROM ${BASE_IMAGE}\n"


class SavedBase:
    """The image in a file, as what a derived image starts from.

    Its files are as large as the image, so they are not laid into the build context, which CDK
    reads and copies, but beside the assets, once for all functions and for the next synth, and from
    there into the asset. Whoever makes the asset has to add `identity` to its hash.

    Raises ImageFileError if no image can be taken from the file.
    """

    def __init__(self, saved: Path, architecture: Architecture) -> None:
        self._saved = saved
        self._image = find_image(saved, architecture)

    @property
    def identity(self) -> str:
        """What names the files and the settings, and how they are written."""
        return f"{self._image.identity}-{_FORM}"

    def prepare(self, context: Path) -> None:
        """Let the Dockerfile of a build context start from this image."""
        dockerfile = context / "Dockerfile"
        before, found, after = dockerfile.read_text(encoding="utf-8").partition(_LAST_STAGE)
        if not found:
            raise ValueError(f"the Dockerfile has no line {_LAST_STAGE!r}")
        stage = "\n".join(base_stage(self._image.settings))
        dockerfile.write_text(f"{before}{stage}\n\nFROM {STAGE}\n{after}", encoding="utf-8")

    def add_files(self, asset: Path) -> None:
        """Lay the image's files into an asset's folder, if they are not there."""
        kept = asset.parent / f"root.{self.identity}.tar"
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=asset.parent) as unfinished:
                written = Path(unfinished) / ROOT
                try:
                    write_root(self._saved, self._image, written)
                except ImageFileError as error:
                    raise ImageFileError(f"{self._saved}: {error}", error.fix) from error
                written.replace(kept)
        if not (asset / ROOT).exists():
            (asset / ROOT).hardlink_to(kept)


def base_stage(settings: ImageSettings) -> Iterator[str]:
    """The stage that makes the image anew, as lines of a Dockerfile."""
    yield f"FROM scratch AS {STAGE}"
    yield f"ADD {ROOT} /"
    yield from _pairs("ENV", settings.environment)
    yield from _pairs("LABEL", settings.labels)
    if settings.folder:
        yield f"WORKDIR {_escaped(settings.folder)}"
    if settings.user:
        yield f"USER {_escaped(settings.user)}"
    if settings.stop_signal:
        yield f"STOPSIGNAL {_escaped(settings.stop_signal)}"
    yield f"ENTRYPOINT {json.dumps(settings.entrypoint)}"
    yield f"CMD {json.dumps(settings.command)}"


def _pairs(instruction: str, pairs: Mapping[str, str]) -> Iterator[str]:
    """One instruction for all, in the image's order."""
    lines = [f'{name}="{_escaped(value)}"' for name, value in pairs.items()]
    if lines:
        yield f"{instruction} " + " \\\n    ".join(lines)


def _escaped(text: str) -> str:
    """Text that no builder takes for a variable or an end of a quotation."""
    return re.sub(r'(["\\$])', r"\\\1", text)
