"""The CDK CLI against the local cloud: bootstrap, synthesise once, deploy that assembly."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.engines import engine_environment
from local.errors import LocalError
from local.server import ACCOUNT, REGION, ROOT, CloudAddress

_BIN = ROOT / "node_modules" / ".bin"
_OUTPUT_LINES = 40


def synthesise(paths: Sequence[Path], assembly: Path, cloud: CloudAddress) -> None:
    """Synthesise the files' stacks into the folder `assembly`. Raises `LocalError`."""
    functions = ",".join(str(path.resolve()) for path in paths)
    _cdk(["synth", "--quiet", "--output", str(assembly), "-c", f"functions={functions}"], cloud)


def bootstrap(regions: Sequence[str], cloud: CloudAddress) -> None:
    """Make what the CDK needs in each Region: its bucket, its repository and its roles."""
    places = [f"aws://{ACCOUNT}/{region}" for region in regions or [REGION]]
    # Without the project's settings, so that the app is not synthesised for it.
    _cdk(["bootstrap", *places], cloud, directory=cloud.folder)


def prepare(
    paths: Sequence[Path], assembly: Path, regions: Sequence[str], cloud: CloudAddress
) -> None:
    """Synthesise and bootstrap, at the same time: neither needs the other."""
    with ThreadPoolExecutor(2) as both:
        jobs = [
            both.submit(synthesise, paths, assembly, cloud),
            both.submit(bootstrap, regions, cloud),
        ]
        for job in jobs:
            job.result()


def deploy(assembly: Path, cloud: CloudAddress) -> None:
    """Build and push the images and deploy all stacks of the assembly."""
    options = ["--require-approval", "never", "--method", "direct", "--progress", "events"]
    _cdk(["deploy", "--all", "--app", str(assembly), *options], cloud)


def destroy(assembly: Path, cloud: CloudAddress) -> None:
    """Remove all stacks of the assembly."""
    _cdk(["destroy", "--all", "--force", "--app", str(assembly)], cloud)


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


def _cdk(arguments: Sequence[str], cloud: CloudAddress, directory: Path = ROOT) -> None:
    if not (_BIN / "cdk").exists():
        raise LocalError("the CDK command line is not installed: run `make setup`")
    command = [str(_BIN / "cdk"), *arguments, "--no-notices", "--ci", "--no-color"]
    code, output = _run(command, cdk_environment(cloud), directory)
    if code != 0:
        tail = output.strip().splitlines()[-_OUTPUT_LINES:]
        raise LocalError("\n".join([f"cdk {arguments[0]} failed with code {code}:", *tail]))


def _run(
    command: Sequence[str], environment: Mapping[str, str], directory: Path
) -> tuple[int, str]:
    """Run to the end and return code and output; if interrupted, end all that was started."""
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, output
