"""The CDK CLI: where it is found, and under which variables it runs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scar_constructs.errors import UserError
from scar_constructs.installation import CHECKOUT

VERSION = "2.1148.1"
"""The release that this one was tested with; as in package.json."""

QUIET = ("--no-notices", "--no-version-reporting", "--no-asset-metadata")
_MODULES = "node_modules"
_PROGRAMS = ".bin"
_BIN = Path(_MODULES) / _PROGRAMS


class CdkMissingError(UserError):
    """There is no CDK CLI on this machine; the text says what to install."""


def command() -> list[str]:
    """The words that run the CDK CLI: the one of the project in this folder or above it, of this
    checkout, on PATH, or npx with the pinned version. Raises `CdkMissingError`."""
    for folder in _node_folders():
        if (folder / "cdk").exists():
            return [str(folder / "cdk")]
    if (found := shutil.which("cdk")) is not None:
        return [found]
    if (npx := shutil.which("npx")) is not None:
        return [npx, "--yes", f"aws-cdk@{VERSION}"]
    raise CdkMissingError(
        "the CDK command line is not installed: install Node.js (Debian: apt-get install nodejs "
        f"npm), then `npm install aws-cdk@{VERSION}` in this folder"
    )


def app(paths: Sequence[Path]) -> list[str]:
    """The options that make the CDK CLI run our app on YAML files and folders of them."""
    functions = ",".join(str(path.absolute()) for path in paths)
    program = shlex.join([sys.executable, "-P", "-m", "scar_constructs", "app"])
    return ["--app", program, "-c", f"functions={functions}"]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables of the CDK CLI: with the Node.js that is pinned beside it first on PATH, and
    this very package for the app."""
    return {
        **inherited,
        "PATH": _path(inherited),
        "PYTHONPATH": os.pathsep.join(
            [str(CHECKOUT), *filter(None, [inherited.get("PYTHONPATH", "")])]
        ),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def prefer_pinned_node() -> None:
    """Have this process find the Node.js that is pinned, before it imports the CDK: that starts the
    first one on PATH, which may be too old."""
    os.environ["PATH"] = _path(os.environ)


def search_path(inherited: Mapping[str, str], *, untrusted: bool = False) -> str:
    """PATH, and before it where npm puts programs. `untrusted`: not in the current folder."""
    folders = [folder / _PROGRAMS for folder in module_folders(untrusted=untrusted)]
    places = [str(folder) for folder in folders if folder.is_dir()]
    return os.pathsep.join([*places, inherited.get("PATH", os.defpath)])


def module_folders(*, untrusted: bool = False) -> Iterator[Path]:
    """Where npm puts modules that come with this installation, and those of the project in this
    folder or above it. `untrusted`: not the latter."""
    yield CHECKOUT / _MODULES
    if not untrusted:
        here = Path.cwd()
        yield from (folder / _MODULES for folder in (here, *here.parents))


def _path(inherited: Mapping[str, str]) -> str:
    places = [str(folder) for folder in _node_folders() if folder.is_dir()]
    return os.pathsep.join([*places, inherited.get("PATH", os.defpath)])


def _node_folders() -> Iterator[Path]:
    """Where npm puts programs: of the project in this folder or above it, and of this checkout."""
    here = Path.cwd()
    yield from (folder / _BIN for folder in (here, *here.parents))
    yield CHECKOUT / _BIN
