"""A Lambda environment that stays warm between events: a process of a user without rights.

Most machines that run these tests do so as root, to whom no permission is denied.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.runtime.functions import Function, executions

USER, GROUP = 993, 990  # as on Lambda
RUNTIME = Path(__file__).parents[2] / "runtime"
IS_ROOT = os.geteuid() == 0

SERVE = """\
import json, sys, time
from scar_runtime.handler import handle

class Context:
    def __init__(self, name):
        self.aws_request_id = name
    def get_remaining_time_in_millis(self):
        return 60_000

with open(int(sys.argv[1]), "w") as replies:
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            said = {"answer": handle(asked["event"], Context(asked["request_id"]))}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), file=replies, flush=True)
"""


def interpreter() -> str:
    """A Python that any user may run: that of the tests may lie in somebody's home."""
    if not IS_ROOT:
        return sys.executable
    found = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    return found or sys.executable


@dataclass
class Environment:
    """One process that takes event after event."""

    process: subprocess.Popen[str]
    replies: IO[str]
    log: Path
    asked: list[str] = field(default_factory=list)

    def invoke(self, event: Any, request_id: str | None = None) -> dict[str, Any]:
        """The handler's answer, or what it raised."""
        self.asked.append(request_id or str(uuid.uuid4()))
        assert self.process.stdin
        print(
            json.dumps({"event": event, "request_id": self.asked[-1]}),
            file=self.process.stdin,
            flush=True,
        )
        said = json.loads(self.replies.readline())
        assert isinstance(said, dict)
        return said

    def executions(self) -> list[dict[str, Any]]:
        return executions(self.log.read_text())


@contextmanager
def unprivileged(made: Function, **variables: str) -> Iterator[Environment]:
    """Start the function as Lambda's user."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        config = folder / "config.json"
        config.write_bytes(made.config.read_bytes())
        log = folder / "log"
        reading, writing = os.pipe()
        replies = stack.enter_context(os.fdopen(reading))
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [interpreter(), "-c", SERVE, str(writing)],
                env={**_variables(made, config), **variables},
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=sink,
                pass_fds=(writing,),
                text=True,
                **_identity(),
            )
        os.close(writing)
        try:
            yield Environment(process, replies, log)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(60)


def _identity() -> dict[str, Any]:
    return {"user": USER, "group": GROUP, "extra_groups": []} if IS_ROOT else {}


def _variables(made: Function, config: Path) -> Mapping[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(RUNTIME),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "SCAR_FUNCTION_CONFIG": str(config),
        "SCAR_SPOOL_BUCKET": made.spool.name,
        **made.cloud.variables,
    }
