"""The CDK CLI against the local cloud: bootstrap, synthesise once, deploy that assembly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scar_constructs import cdk_cli
from scar_constructs.installation import PACKAGE
from scar_constructs.language.lock import LOCK_FILE
from scar_constructs.local.engines import engine_environment
from scar_constructs.local.errors import LocalError
from scar_constructs.local.server import ACCOUNT, REGION, CloudAddress

_KEPT = (sys.executable, "-IS", str(PACKAGE / "emulator" / "keeper.py"))
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
    inherited = cdk_cli.environment(engine_environment(cloud.engine))
    # A profile of the user's would come before the credentials.
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    return {**kept, **cloud.environment(), "CDK_DISABLE_VERSION_CHECK": "1"}


def _synth(paths: Sequence[Path], assembly: Path, cloud: CloudAddress) -> _Cdk:
    context = cdk_cli.app(paths)
    if LOCK_FILE.is_file():  # in the folder of the call, which is not the one of the CDK
        context += ["-c", f"images_lock={LOCK_FILE.resolve()}"]
    return _Cdk(["synth", "--quiet", "--output", str(assembly), *context], cloud)


def _bootstrap(regions: Sequence[str], cloud: CloudAddress) -> _Cdk:
    places = [f"aws://{ACCOUNT}/{region}" for region in regions or [REGION]]
    return _Cdk(["bootstrap", *places], cloud)


class _Cdk:
    """A run of the CDK CLI, which ends with the block at the latest, with all that it started."""

    def __init__(self, arguments: Sequence[str], cloud: CloudAddress) -> None:
        self._command = arguments[0]
        self._log = cloud.folder / f"cdk-{self._command}.log"
        # Not a pipe: nobody reads while two of them run.
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_KEPT, *cdk_cli.command(), *arguments, *cdk_cli.QUIET, "--ci", "--no-color"],
                # Outside of every project, so that no settings and no app of one are taken up.
                cwd=cloud.folder,
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
