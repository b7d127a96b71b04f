"""Warnings about what an account has of a thing in one region, or at all, in a fresh account.

What stands in files without a region is taken to go to one and the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import ApiAuth, Function, limits


def check_region_quotas(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for each quota that the files together would pass."""
    for there in _by_region(files).values():
        _check_environments(there, report)
        _check_shares(there, report)
        _check_concurrency(there, report)
        _check_flow_logs(there, report)
        _check_usage_plans(there, report)
    _check_roles(files, report)


def _by_region(files: Sequence[ParsedFile]) -> Mapping[str | None, list[ParsedFile]]:
    found: dict[str | None, list[ParsedFile]] = {}
    for file in files:
        found.setdefault(file.file.region, []).append(file)
    return found


def _check_environments(files: Sequence[ParsedFile], report: Report) -> None:
    """Each compute environment has one queue, of which there are as many, and one policy."""
    found = [
        file
        for file in files
        for _ in {one.machines for function in _with_jobs(file) for one in function.on_all_machines}
    ]
    limit = limits.BATCH_COMPUTE_ENVIRONMENTS_MAX
    message = (
        f"the functions have {len(found)} compute environments and queues; an account has {limit} "
        "of each in a region"
    )
    fix = (
        "leave `compute_resources` to `defaults`, or let functions share: "
        "`batch: {compute_environment: NAME}`"
    )
    _warn_beyond("many-compute-environments", found, limit, message, fix, report)


def _check_shares(files: Sequence[ParsedFile], report: Report) -> None:
    """Each function has a share of its queue."""
    limit = limits.BATCH_SHARES_MAX
    for file in files:
        users = Counter(
            one.machines for function in _with_jobs(file) for one in function.on_all_machines
        )
        for _, count in users.most_common(1):
            message = f"{count} functions share a queue; it takes {limit}"
            fix = "name several environments: `batch: {compute_environment: NAME}`"
            _warn_beyond("many-shares", [file] * count, limit, message, fix, report)


def _check_concurrency(files: Sequence[ParsedFile], report: Report) -> None:
    """What functions reserve is taken from all others, for which Lambda keeps some back."""
    limit = limits.LAMBDA_CONCURRENCY_MAX - limits.LAMBDA_UNRESERVED_MIN
    found = [parsed for file in files for parsed in file.functions if parsed.function.concurrency]
    sums = list(accumulate(parsed.function.concurrency or 0 for parsed in found))
    beyond = [one for one, total in zip(found, sums, strict=True) if total > limit]
    if beyond:
        node = beyond[0].section.find("lambda.concurrency") or beyond[0].section.node
        message = (
            f"the functions reserve {sums[-1]} executions at once; an account has "
            f"{limits.LAMBDA_CONCURRENCY_MAX}, of which {limit} can be reserved"
        )
        fix = "reserve less, or have AWS raise the quota"
        _add("much-concurrency", Located(node.path, node.position), message, fix, report)


def _check_usage_plans(files: Sequence[ParsedFile], report: Report) -> None:
    """One for each API with a key."""
    apis = [
        file
        for file in files
        for function in file.file.functions
        if function.api and function.api.auth is ApiAuth.API_KEY
    ]
    limit = limits.API_USAGE_PLANS_MAX
    message = f"the functions have {len(apis)} APIs with usage plans; a region takes {limit}"
    fix = "use `auth: iam`, which needs no plan, or have AWS raise the quota"
    _warn_beyond("many-usage-plans", apis, limit, message, fix, report)


def _check_roles(files: Sequence[ParsedFile], report: Report) -> None:
    """Roles are the account's, whatever the region."""
    found = [
        file for file in files for _ in range(sum(one.made_roles for one in file.file.functions))
    ]
    limit = limits.IAM_ROLES_MAX
    message = f"the functions have {len(found)} roles; an account has {limit}"
    fix = "name roles of your own (`iam.role`, `batch.job_role`), or have AWS raise the quota"
    _warn_beyond("many-roles", found, limit, message, fix, report)


def _with_jobs(file: ParsedFile) -> list[Function]:
    return [one for one in file.file.functions if one.execution_mode.runs_on_batch]


def _check_flow_logs(files: Sequence[ParsedFile], report: Report) -> None:
    logging = [
        file
        for file in files
        if file.file.options.flow_logs and any(one.needs_network for one in file.file.functions)
    ]
    limit = limits.VPC_FLOW_LOGS_MAX
    if len(logging) > limit:
        message = f"{len(logging)} files log the network that they share; it takes {limit} logs"
        fix = "leave `flow_logs` in one file: its log has the traffic of all"
        _add("many-flow-logs", logging[limit].options_at["flow_logs"], message, fix, report)


def _warn_beyond(
    rule: str, found: Sequence[ParsedFile], limit: int, message: str, fix: str, report: Report
) -> None:
    """Warn at the file with the first thing over the limit; `found` has a file for each thing."""
    if len(found) > limit:
        _add(rule, found[limit].name_at, message, fix, report)


def _add(rule: str, at: Located, message: str, fix: str, report: Report) -> None:
    report.add(problem(rule, at.path, at.position, message, "", fix))
