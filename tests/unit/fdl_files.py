"""Writing small YAML files for tests of the language."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from scar_constructs.language import FdlError, Problem, load_application
from scar_constructs.language.lock import ImageConfig, Lock, LockedImage
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import Architecture

SCRIPT = "#!/bin/sh\necho moo\n"
_MOO = ImageConfig(entrypoint=(), command=("cowsay", "moo"), working_dir="", user="")
KNOWN: Lock = {
    name: LockedImage(digest=f"sha256:{'ab' * 32}", configs=dict.fromkeys(Architecture, _MOO))
    for name in ("x", "x/y", "debian")
}
"""What these images run is known, so that a function without a script is no fault of its own."""


def write(folder: Path, **texts: str) -> list[Path]:
    """Files NAME.yaml of these texts, beside a script run.sh."""
    (folder / "run.sh").write_text(SCRIPT)
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(dedent(text))
        paths.append(path)
    return paths


def load(folder: Path, **texts: str) -> Application:
    """The application of files with these texts, which have no errors."""
    return load_application(write(folder, **texts), lock=KNOWN).application


def problems_of(folder: Path, *, untrusted: bool = False, **texts: str) -> tuple[Problem, ...]:
    """The problems of files with these texts, which have errors."""
    with pytest.raises(FdlError) as caught:
        load_application(write(folder, **texts), lock=KNOWN, untrusted=untrusted)
    return caught.value.problems


def rules_of(folder: Path, **texts: str) -> list[str]:
    """The rules that files with these texts break, in the order of their places."""
    return [problem.rule for problem in problems_of(folder, untrusted=False, **texts)]
