"""Hold the templates of all examples and kept cases to cdk-nag's five packs and to checkov.

Exits with 1 if one of them finds what has no reason beside it. checkov runs in an environment of
its own (requirements-checkov.txt) and asks no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scar_constructs.aws.app import add_stacks, synthesise
from scar_constructs.aws.flags import new_app
from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy.compliance import PACKS, add_packs
from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application

ROOT = Path(__file__).parent.parent
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
QUIET = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}


def main() -> int:
    """Audit all templates; the exit code."""
    with tempfile.TemporaryDirectory(prefix="scar-audit-") as folder:
        for number, group in enumerate(_groups()):
            if not _judge(group, Path(folder) / str(number)):
                return 1
        return _checkov(Path(folder))


def _groups() -> Iterator[list[Application]]:
    """The applications, in groups in which no two stacks have the same name."""
    kept = (ROOT / "tests" / "golden" / "templates").iterdir()
    examples = (path.parent for path in (ROOT / "examples").rglob("*.yaml"))
    waiting = [load_application([one]).application for one in sorted({*kept, *examples})]
    while waiting:
        group: list[Application] = []
        names: set[str] = set()
        for one in list(waiting):
            own = {stack.name for stack in one.stacks}
            if own.isdisjoint(names):
                group.append(one)
                names |= own
                waiting.remove(one)
        yield group


def _judge(group: list[Application], assembly: Path) -> bool:
    """Synthesise a group under all packs; whether they find nothing."""
    app = new_app(outdir=str(assembly))
    for application in group:
        add_stacks(app, application, runtime_image=RUNTIME_IMAGE)
    add_packs(app, tuple(PACKS))
    clean = synthesise(app) == 0
    stacks = sum(len(application.stacks) for application in group)
    print(f"cdk-nag: {stacks} stacks, {len(PACKS)} packs: {'clean' if clean else 'findings'}")
    return clean


def _checkov(folder: Path) -> int:
    """What checkov says of all templates; it must have looked at each of them."""
    done = subprocess.run(
        [
            *(CHECKOV, "--framework", "cloudformation", "--directory", folder),
            *("--skip-download", "--compact", "--output", "json"),
        ],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
    )
    try:
        report = json.loads(done.stdout)
        summary, results = report["summary"], report["results"]
    except (ValueError, KeyError, TypeError):
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    looked_at = {Path(one["file_abs_path"]) for one in results["passed_checks"]}
    unread = {*folder.rglob("*.template.json")} - looked_at
    for one in results["failed_checks"]:
        print(f"{one['check_id']} {one['check_name']}: {one['resource']} in {one['file_path']}")
    for path in sorted(unread):
        print(f"checkov did not look at {path.name}")
    print(
        ", ".join(f"{summary[key]} {key}" for key in ("passed", "failed", "skipped")), "(checkov)"
    )
    return 1 if unread or summary["failed"] or summary["parsing_errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
