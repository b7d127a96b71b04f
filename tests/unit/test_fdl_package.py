"""The package as a whole: what it exports, and what it must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scar_constructs import language

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_all_names_every_public_name() -> None:
    public = {
        name
        for name, value in vars(language).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith("scar_constructs.language")
    }

    assert public == set(language.__all__)


def test_the_language_imports_neither_the_cdk_nor_boto() -> None:
    code = (
        "import sys, scar_constructs.cli.check; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore') if name in sys.modules])"
    )

    assert run("-c", code).stdout.strip() == "[]"


def test_the_examples_are_clean() -> None:
    folders = sorted({path.parent for path in (ROOT / "examples").rglob("*.yaml")})

    for folder in folders:
        result = run("-m", "scar_constructs", "check", "--quiet", str(folder))
        assert (result.returncode, result.stderr) == (0, ""), folder
