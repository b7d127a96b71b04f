"""Images that the CDK built on this machine, by the tags of their assets."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator

from scar_constructs.local.engines import EngineName, engine_environment
from scar_constructs.local.errors import LocalError

_FORMAT = "{{.Repository}}:{{.Tag}}\t{{.Size}}"


class EngineImages:
    """The images of an engine; of the engine `process`, none."""

    def __init__(self, engine: EngineName) -> None:
        self._engine = engine

    def with_tags(self, tags: Collection[str]) -> Iterator[tuple[str, str]]:
        """Name and size in words of each image whose name has one of the tags: the CDK has them in
        names of its own, and as tags of the repository's. Raises `LocalError`."""
        if not tags or self._engine is EngineName.PROCESS:
            return
        for line in self._ask("images", "--format", _FORMAT).splitlines():
            name, _, size = line.partition("\t")
            if any(tag in name for tag in tags):
                yield name, size

    def remove(self, name: str) -> None:
        """Remove one name; the image goes with its last one. Raises `LocalError`."""
        self._ask("rmi", name)

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            [self._engine.value, *words],
            env=engine_environment(self._engine),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise LocalError(f"{self._engine}: {done.stderr.strip() or 'does not answer'}")
        return done.stdout
