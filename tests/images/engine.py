"""A container engine, as tests use it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scar_constructs.local.engines import EngineName, engine_environment
from scar_constructs.local.root_image import import_root
from tests.support.waiting import HANG_SECONDS

BUILD_SECONDS = 600
LABEL = "scar-image-test"
"""Of every container that the tests start, so that none is left behind."""


class Engine:
    """Podman or Docker."""

    def __init__(self, name: EngineName) -> None:
        self.name = name
        self.environment = engine_environment(name)

    def call(
        self, *arguments: str, timeout: float = HANG_SECONDS, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.name, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            input=stdin.decode() if stdin is not None else None,
        )

    def must(self, *arguments: str, timeout: float = HANG_SECONDS) -> str:
        done = self.call(*arguments, timeout=timeout)
        assert done.returncode == 0, f"{self.name} {arguments[0]}: {done.stderr[-3000:]}"
        return done.stdout

    def has(self, tag: str) -> bool:
        return self.call("image", "inspect", tag).returncode == 0

    def import_root(self, root: Path, tag: str) -> None:
        """Make an image of the files under `root`."""
        import_root(self.name, root, tag, environment=self.environment)

    def build(self, context: Path, tag: str, arguments: Mapping[str, str] | None = None) -> None:
        given = [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
        self.must("build", "--tag", tag, *given, str(context), timeout=BUILD_SECONDS)

    @contextmanager
    def running(self, options: Sequence[str], image: str, *command: str) -> Iterator[str]:
        """A container in the background, removed at the end; gives its id."""
        made = ("create", f"--label={LABEL}=1", "--network=host")
        identifier = self.must(*made, *options, image, *command).strip()
        try:
            self.must("start", identifier)
            yield identifier
        finally:
            at_once = ("--time=0",) if self.name is EngineName.PODMAN else ()
            self.must("rm", "--force", *at_once, identifier)

    def logs(self, identifier: str) -> str:
        done = self.call("logs", identifier)
        return done.stdout + done.stderr
