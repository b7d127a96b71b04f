"""Rules for the whole suite: the pinned Node.js, which tests stay in one process, and no container
test skipped in silence."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOGETHER = tuple(ROOT / "tests" / kind for kind in ("local", "images", "runtime"))
"""Each of these folders shares a cloud and built images for the whole session, or work folders."""

# jsii starts the first `node` on PATH when aws_cdk is first imported: hence at import time.
os.environ["PATH"] = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each folder of `TOGETHER` and each other module
    stays in one of them: the fixtures of a module or session are made once."""
    for item in items:
        place = next((folder for folder in TOGETHER if folder in item.path.parents), item.path)
        item.add_marker(pytest.mark.xdist_group(str(place.relative_to(ROOT))))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where containers are required (as in CI), a skipped container test is a failed one."""
    report = yield
    required = os.environ.get("SCAR_REQUIRE_CONTAINERS") == "1"
    if report.skipped and required and item.get_closest_marker("container"):
        report.outcome = "failed"
        report.longrepr = f"a container test was skipped: {report.longrepr}"
    return report
