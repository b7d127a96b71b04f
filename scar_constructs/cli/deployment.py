"""Deployments that other commands begin: with the CDK CLI, and without a question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scar_constructs import cdk_cli
from scar_constructs.language import load_application, render
from scar_constructs.language.lock import find_lock
from scar_constructs.operate.session import Session
from scar_constructs.terminal import put

_UNASKED = ("--require-approval", "never")


def deploy_now(
    paths: Sequence[Path],
    session: Session,
    *,
    without: str | None = None,
    as_json: bool = False,
) -> int:
    """Check the files and deploy them where the session acts; the exit code of the CDK CLI.

    `without`: a function that is left out. Raises `FdlError` for files with mistakes."""
    left_out = frozenset({without} if without else ())
    loaded = load_application(paths, lock=find_lock(None), without=left_out)
    if loaded.warnings:
        put(f"{render(loaded.warnings)}\n", sys.stderr)
    stacks = [stack.name for stack in loaded.application.stacks]
    context = ["-c", f"without={without}"] if without else []
    account = ["--profile", session.profile] if session.profile else []
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder) / "outputs.json"
        done = subprocess.run(
            [
                *(*cdk_cli.command(), "deploy", *stacks, *cdk_cli.app(paths), *context, *account),
                *(*cdk_cli.QUIET, *_UNASKED, "--outputs-file", str(outputs)),
            ],
            env=cdk_cli.environment({**os.environ, **session.variables}),
            stdout=sys.stderr if as_json else None,
        )
        if as_json and done.returncode == 0:
            put(f"{json.dumps(json.loads(outputs.read_text()), indent=1)}\n")
    return done.returncode
