"""Rules for the whole suite: the pinned Node.js, which tests stay in one process, and no container
test skipped in silence."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
TOGETHER = ("tests/local/", "tests/images/", "tests/runtime/")
"""Each of these folders shares a cloud and built images for the whole session, or work folders."""

# A machine may be slow, and no test of a property changes what its fixtures give it.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any machine")

# jsii starts the first `node` on PATH when aws_cdk is first imported: hence at import time.
os.environ["PATH"] = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"


class ByPlace(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Where several processes share the tests, each folder of `TOGETHER` and each other module
    stays in one of them: the fixtures of a module or session are made once.

    Not by xdist's own marks: those it writes where pytest 9 does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if module.startswith(folder)), module)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPlace:
    return ByPlace(config, log)


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
