"""Warnings about what an account has of a thing in one region, or at all, in a fresh account.

What stands in files without a region is taken to go to one and the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scar_constructs import defaults
from scar_constructs.fdl.errors import Report
from scar_constructs.fdl.functions import Located
from scar_constructs.fdl.models import Function
from scar_constructs.fdl.parser import ParsedFile
from scar_constructs.fdl.rules import problem


def check_region_quotas(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for each quota that the files together would pass."""
    for there in _by_region(files).values():
        _check_flow_logs(there, report)


def _by_region(files: Sequence[ParsedFile]) -> Mapping[str | None, list[ParsedFile]]:
    found: dict[str | None, list[ParsedFile]] = {}
    for file in files:
        found.setdefault(file.file.region, []).append(file)
    return found


def needs_network(function: Function) -> bool:
    """Whether its jobs run in the network that is made for jobs."""
    batch = function.batch
    runs = function.execution_mode.runs_on_batch and batch.managed
    return runs and not batch.compute_resources.subnets


def _check_flow_logs(files: Sequence[ParsedFile], report: Report) -> None:
    logging = [
        file
        for file in files
        if file.file.options.flow_logs and any(map(needs_network, file.file.functions))
    ]
    limit = defaults.VPC_FLOW_LOGS_MAX
    if len(logging) > limit:
        message = f"{len(logging)} files log the network that they share; it takes {limit} logs"
        fix = "leave `flow_logs` in one file: its log has the traffic of all"
        _add("many-flow-logs", logging[limit].options_at["flow_logs"], message, fix, report)


def _add(rule: str, at: Located, message: str, fix: str, report: Report) -> None:
    report.add(problem(rule, at.path, at.position, message, "", fix))
