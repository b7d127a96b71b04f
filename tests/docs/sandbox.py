"""A copy of the project's folder in which commands of the documents run as people run them."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import ROOT
from tests.support.waiting import HANG_SECONDS

LINKED = (
    *(".venv", "node_modules", "app.py", "cdk.json", "examples", "runtime"),
    *("scar_constructs", "schema", "tests", "package.json", "package-lock.json"),
)
QUESTION = re.compile(rb"\(y/n\)|\[y/N\]")
ENGINES = ("podman", "docker")


@dataclass(frozen=True)
class Sandbox:
    """The folder, and the variables under which commands run in it."""

    folder: Path
    variables: Mapping[str, str]

    def run(self, script: str, **variables: str) -> tuple[int, str]:
        """Run lines of a shell on a terminal, where every question is answered with yes. Stops at
        the first command that fails. The exit code, and what the terminal shows."""
        environment = {**self.variables, **variables}
        master, slave = pty.openpty()
        with subprocess.Popen(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        ) as process:
            os.close(slave)
            try:
                shown = _converse(master)
            finally:
                process.kill()
                os.close(master)
        return process.returncode, shown

    def must(self, script: str, **variables: str) -> str:
        """The same of what has to succeed."""
        code, shown = self.run(script, **variables)
        assert code == 0, shown[-5000:]
        return shown


def _converse(master: int) -> str:
    """All that comes from a terminal until its programs are gone."""
    shown, answered = b"", 0
    while select.select([master], [], [], HANG_SECONDS)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:  # how Linux says that nobody writes any more
            break
        shown += data
        while len(QUESTION.findall(shown)) > answered:
            os.write(master, b"y\n")
            answered += 1
    return shown.decode(errors="replace").replace("\r\n", "\n")


def made_in(folder: Path) -> Sandbox:
    """A sandbox in which no container engine answers, so that nothing has to be built."""
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    programs = folder / "bin"
    programs.mkdir()
    for engine in ENGINES:
        (programs / engine).write_text("#!/bin/sh\nexit 1\n")
        (programs / engine).chmod(0o755)
    path = (programs, ROOT / "node_modules" / ".bin", ROOT / ".venv" / "bin")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return Sandbox(
        folder,
        {
            **clean,
            "PATH": ":".join([*map(str, path), os.environ["PATH"]]),
            "HOME": str(folder),
            "TERM": "dumb",
            "COLUMNS": "200",
            "NO_COLOR": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "SCAR_LOCAL_FOLDER": str(folder / "kept"),
        },
    )


def filled_in(text: str, **values: str) -> str:
    """The text with these of its words, which are in capitals, replaced by values for a shell."""
    for name, value in values.items():
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", shlex.quote(value), text)
    return text
