"""How much of an account's quotas the workflows use, where that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scar_constructs.language.workflow.event_patterns import event_rules
from scar_constructs.language.workflow.join import Application, Stack
from scar_constructs.model import ApiAuth, limits

_LIMITS = {
    "Lambda functions with reserved concurrency, executions": limits.LAMBDA_CONCURRENCY_MAX
    - limits.LAMBDA_UNRESERVED_MIN,
    "compute environments, and job queues": limits.BATCH_COMPUTE_ENVIRONMENTS_MAX,
    "rules of EventBridge": limits.EVENT_RULES_MAX,
    "usage plans of API Gateway": limits.API_USAGE_PLANS_MAX,
    "roles": limits.IAM_ROLES_MAX,
    "VPCs": limits.VPCS_MAX,
}
_CONCURRENCY, _ENVIRONMENTS, _RULES, _PLANS, _ROLES, _VPCS = _LIMITS
_ANY_REGION = "the region of the command line"


@dataclass(frozen=True)
class QuotaChange:
    """`limit`: of an account that nobody has raised it for."""

    what: str
    region: str
    before: int
    after: int
    limit: int


def quota_changes(before: Application, after: Application) -> Iterator[QuotaChange]:
    """In the order of their names in each region."""
    old, new = _used(before), _used(after)
    for region, what in sorted({*old, *new}):
        counts = old[region, what], new[region, what]
        if counts[0] != counts[1]:
            yield QuotaChange(what, region, *counts, _LIMITS[what])


def _used(application: Application) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for stack in application.stacks:
        region = stack.region or _ANY_REGION
        for what, count in _of_stack(stack):
            found["the account" if what == _ROLES else region, what] += count
        if any(one.needs_network for one in stack.functions):
            found[region, _VPCS] = 1  # all stacks of a region share it
    return found


def _of_stack(stack: Stack) -> Iterator[tuple[str, int]]:
    jobs = [one for one in stack.functions if one.execution_mode.runs_on_batch]
    yield _ENVIRONMENTS, len({each.machines for one in jobs for each in one.on_all_machines})
    yield _RULES, event_rules(stack)
    yield _CONCURRENCY, sum(one.concurrency or 0 for one in stack.functions)
    keyed = [one for one in stack.functions if one.api and one.api.auth is ApiAuth.API_KEY]
    yield _PLANS, len(keyed)
    yield _ROLES, sum(one.made_roles for one in stack.functions)
