"""What an account has of a thing: each quota is kept to its last unit, and passing it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from tests.unit.fdl_files import write

JOBS = "image: x, init_script: run.sh, execution_mode: batch"
OWN = "batch: {compute_resources: {type: SPOT}}"


def functions(count: int, settings: str, first: int = 0) -> str:
    """A file of functions with these settings."""
    lines = (f"  f{number}: {{{settings}}}\n" for number in range(first, first + count))
    return "functions:\n" + "".join(lines)


def told(folder: Path, rule: str, **texts: str) -> list[str]:
    """The messages of the warnings of one rule."""
    loaded = load_application(write(folder, **texts))
    return [warning.message for warning in loaded.warnings if warning.rule == rule]


@pytest.mark.parametrize(("count", "warned"), [(50, False), (51, True)])
def test_compute_environments_and_queues(count: int, warned: bool, tmp_path: Path) -> None:
    text = functions(count, f"{JOBS}, {OWN}")
    assert bool(told(tmp_path, "many-compute-environments", a=text)) is warned


def test_functions_that_share_have_one_environment(tmp_path: Path) -> None:
    assert told(tmp_path, "many-compute-environments", a=functions(200, JOBS)) == []


def test_an_environment_that_is_kept_for_jobs_of_before_counts(tmp_path: Path) -> None:
    moved = f"{JOBS}, batch: {{former: {{compute_resources: {{type: SPOT}}}}}}"
    (message,) = told(tmp_path, "many-compute-environments", a=functions(50, moved))
    assert message.startswith("the functions have 51 compute environments and queues")


def test_each_region_has_environments_of_its_own(tmp_path: Path) -> None:
    files = {
        name: functions(30, f"{JOBS}, {OWN}, region: {region}", first=number * 30)
        for number, (name, region) in enumerate([("a", "eu-west-1"), ("b", "us-east-1")])
    }
    assert told(tmp_path, "many-compute-environments", **files) == []


@pytest.mark.parametrize(("count", "warned"), [(500, False), (501, True)])
def test_shares_of_a_queue(count: int, warned: bool, tmp_path: Path) -> None:
    assert bool(told(tmp_path, "many-shares", a=functions(count, JOBS))) is warned


@pytest.mark.parametrize(("more", "warned"), [(400, False), (401, True)])
def test_reserved_concurrency(more: int, warned: bool, tmp_path: Path) -> None:
    """1,000 less 100, over all files of a region."""
    files = {
        "a": functions(1, "image: x, init_script: run.sh, concurrency: 500"),
        "b": functions(1, f"image: x, init_script: run.sh, concurrency: {more}", first=1),
    }
    assert bool(told(tmp_path, "much-concurrency", **files)) is warned


@pytest.mark.parametrize(("count", "warned"), [(300, False), (301, True)])
def test_usage_plans_of_apis_with_keys(count: int, warned: bool, tmp_path: Path) -> None:
    text = functions(count, "image: x, init_script: run.sh, api_gateway: {name: a, auth: api_key}")
    assert bool(told(tmp_path, "many-usage-plans", a=text)) is warned


@pytest.mark.parametrize(("count", "warned"), [(333, False), (334, True)])
def test_roles(count: int, warned: bool, tmp_path: Path) -> None:
    """Three for each function with jobs, in all regions together."""
    half = count // 2
    files = {
        "a": functions(half, f"{JOBS}, region: eu-west-1"),
        "b": functions(count - half, f"{JOBS}, region: us-east-1", first=half),
    }
    assert bool(told(tmp_path, "many-roles", **files)) is warned


@pytest.mark.parametrize(("count", "warned"), [(2, False), (3, True)])
def test_flow_logs_of_the_network(count: int, warned: bool, tmp_path: Path) -> None:
    files = {
        f"file{number}": "flow_logs: true\n" + functions(1, JOBS, first=number)
        for number in range(count)
    }
    assert bool(told(tmp_path, "many-flow-logs", **files)) is warned
