"""The CDK CLI against the local cloud: bootstrap, synthesise once, deploy that assembly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.engines import engine_environment
from local.errors import LocalError
from local.server import ACCOUNT, REGION, ROOT, CloudAddress
from scar_constructs.fdl.lock import LOCK_FILE

_BIN = ROOT / "node_modules" / ".bin"
_KEPT = (sys.executable, "-IS", str(ROOT / "local" / "keeper.py"))
"""With all that it starts, it ends with this process, however this one ends."""
_OUTPUT_LINES = 40


def synthesise(paths: Sequence[Path], assembly: Path, cloud: CloudAddress) -> None:
    """Synthesise the files' stacks into the folder `assembly`. Raises `LocalError`."""
    with _synth(paths, assembly, cloud) as synth:
        synth.finish()


def bootstrap(regions: Sequence[str], cloud: CloudAddress) -> None:
    """Make what the CDK needs in each Region: its bucket, its repository and its roles."""
    with _bootstrap(regions, cloud) as made:
        made.finish()


def prepare(
    paths: Sequence[Path], assembly: Path, regions: Sequence[str], cloud: CloudAddress
) -> None:
    """Synthesise and bootstrap, at the same time: neither needs the other."""
    with _synth(paths, assembly, cloud) as synth, _bootstrap(regions, cloud) as bootstrapping:
        synth.finish()
        bootstrapping.finish()


def deploy(assembly: Path, cloud: CloudAddress) -> None:
    """Build and push the images and deploy all stacks of the assembly."""
    options = ["--require-approval", "never", "--method", "direct", "--progress", "events"]
    with _Cdk(["deploy", "--all", "--app", str(assembly), *options], cloud) as deployment:
        deployment.finish()


def cdk_environment(cloud: CloudAddress) -> dict[str, str]:
    """The variables under which the CDK CLI works on the local cloud."""
    inherited = engine_environment(cloud.engine)
    own = {
        "PATH": f"{_BIN}{os.pathsep}{inherited.get('PATH', os.defpath)}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
    }
    # A profile of the user's would come before the credentials.
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    return {**kept, **cloud.environment(), **own}


def _synth(paths: Sequence[Path], assembly: Path, cloud: CloudAddress) -> _Cdk:
    functions = ",".join(str(path.resolve()) for path in paths)
    context = ["-c", f"functions={functions}"]
    if LOCK_FILE.is_file():  # in the folder of the call, which is not the one of the CDK
        context += ["-c", f"images_lock={LOCK_FILE.resolve()}"]
    return _Cdk(["synth", "--quiet", "--output", str(assembly), *context], cloud)


def _bootstrap(regions: Sequence[str], cloud: CloudAddress) -> _Cdk:
    places = [f"aws://{ACCOUNT}/{region}" for region in regions or [REGION]]
    # Outside the project, so that its app is not synthesised for it.
    return _Cdk(["bootstrap", *places], cloud, directory=cloud.folder)


class _Cdk:
    """A run of the CDK CLI, which ends with the block at the latest, with all that it started."""

    def __init__(
        self, arguments: Sequence[str], cloud: CloudAddress, directory: Path = ROOT
    ) -> None:
        if not (_BIN / "cdk").exists():
            raise LocalError("the CDK command line is not installed: run `make setup`")
        self._command = arguments[0]
        self._log = cloud.folder / f"cdk-{self._command}.log"
        # Not a pipe: nobody reads while two of them run.
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_KEPT, str(_BIN / "cdk"), *arguments, "--no-notices", "--ci", "--no-color"],
                cwd=directory,
                env=cdk_environment(cloud),
                # The keeper waits for its end.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> _Cdk:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def finish(self) -> None:
        """Wait for its end. Raises `LocalError` with its last words if it failed."""
        code = self._process.wait()
        if code == 0:
            return
        lines = self._log.read_text(errors="replace").strip().splitlines()
        failed = f"cdk {self._command} failed with code {code}:"
        raise LocalError("\n".join([failed, *lines[-_OUTPUT_LINES:]]))
