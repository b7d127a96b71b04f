"""Synthesise every example as users do, judged by cdk-nag's AwsSolutions, then run cfn-lint.

Exits with 1 if an example does not synthesise or cfn-lint has a finding. What cfn-lint may ignore
stands in `.cfnlintrc.yaml`, each with its reason.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Lint the templates of all examples; the exit code."""
    failed = False
    folders = sorted({path.parent for path in (ROOT / "examples").rglob("*.yaml")})
    for folder in folders:
        name = folder.relative_to(ROOT).as_posix()
        with tempfile.TemporaryDirectory(prefix="scar-lint-") as assembly:
            if not (_synthesise(name, assembly) and _lint(Path(assembly))):
                failed = True
                print(f"{name}: failed", file=sys.stderr)
            else:
                print(f"{name}: clean")
    return 1 if failed else 0


def _synthesise(functions: str, assembly: str) -> bool:
    context = ["-c", f"functions={functions}", "-c", "compliance=AwsSolutions"]
    done = subprocess.run(
        ["npx", "cdk", "synth", "--quiet", "--output", assembly, *context], cwd=ROOT
    )
    return done.returncode == 0


def _lint(assembly: Path) -> bool:
    templates = sorted(str(path) for path in assembly.glob("*.template.json"))
    if not templates:
        print(f"no template in {assembly}", file=sys.stderr)
        return False
    done = subprocess.run([Path(sys.executable).parent / "cfn-lint", "--", *templates], cwd=ROOT)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
