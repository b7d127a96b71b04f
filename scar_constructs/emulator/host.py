"""Programs on the host, for machines without a container engine: the images are not used.

Nothing is built then. The stand-in for the container client (`local/container_client.py`) keeps the
build context of each tag; a program runs the runtime out of that context with the host's Python,
and the user's script runs on the host.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from scar_constructs.emulator.engine import (
    ECR_HOST,
    HostProcess,
    Program,
    Running,
    StartError,
    spawn_kept,
)

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_STOP_SECONDS = 2.0


class HostEngine:
    """Runs the build contexts of derived images as host processes.

    `images` is the folder that the stand-in for the container client writes: one JSON file that
    maps tags to context folders.
    """

    def __init__(self, images: Path) -> None:
        self._images = images
        self._lock = threading.Lock()
        self._started: list[HostProcess] = []

    def start(self, program: Program) -> Running:
        context = self._context(program.image)
        environment = {
            "PATH": _PATH,
            "HOME": tempfile.gettempdir(),
            **program.environment,
            "SCAR_WITHOUT_IMAGE": "1",
            "SCAR_FUNCTION_CONFIG": str(context / "function" / "config.json"),
            "PYTHONPATH": str(context),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        process = spawn_kept([sys.executable, str(context / "supervisor")], environment, context)
        with self._lock:
            self._started.append(process)
        return process

    def volume(self, name: str) -> AbstractContextManager[str]:
        """A job of several containers is nothing without its images."""
        raise StartError(
            f"CannotCreateVolumeError: {name}: a job of several containers needs podman or docker;"
            " without `build: false` its script runs on this machine"
        )

    def close(self) -> None:
        with self._lock:
            for process in self._started:
                process.stop(_STOP_SECONDS)

    def _context(self, image: str) -> Path:
        tag = ECR_HOST.sub("", image)
        try:
            tags = json.loads((self._images / "tags.json").read_text())
        except FileNotFoundError:
            tags = {}
        if tag not in tags:
            raise StartError(f"CannotPullContainerError: no build context is known for {image}")
        return Path(tags[tag])
