"""Scheduling policies and the shares of their queues.

https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateSchedulingPolicy.html
https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.definitions import check_name, check_priority
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.store import Record, RegionStore

MAX_ACTIVE_SHARES = 500
_LIMITS = {"shareDecaySeconds": 604_800, "computeReservation": 99}
_WEIGHTS = (0.0001, 999.9999)
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,255}\*?")


class SchedulingPolicies:
    """The operations on policies. `here` gives the account, Region and records of a request."""

    def __init__(self, here: Callable[[], tuple[Scope, RegionStore]]) -> None:
        self._here = here

    def operations(self) -> dict[str, Callable[[Mapping[str, Any]], Record]]:
        return {
            "createschedulingpolicy": self.create,
            "updateschedulingpolicy": self.update,
            "deleteschedulingpolicy": self.delete,
            "describeschedulingpolicies": self.describe,
            "listschedulingpolicies": self.list,
        }

    def create(self, request: Mapping[str, Any]) -> Record:
        name = request.get("name")
        check_name(name, "name")
        scope, region = self._here()
        arn = scope.arn("batch", f"scheduling-policy/{name}")
        if arn in region.policies:
            raise ClientError(f"Object already exists: {name}")
        _check_policy(request.get("fairsharePolicy") or {})
        region.policies[arn] = {**request, "arn": arn}
        return {"name": str(name), "arn": arn}

    def update(self, request: Mapping[str, Any]) -> Record:
        record = self._policy(request)
        wanted = request.get("fairsharePolicy") or {}
        _check_policy(wanted)
        record["fairsharePolicy"] = wanted
        return {}

    def delete(self, request: Mapping[str, Any]) -> Record:
        region, arn = self._here()[1], self._policy(request)["arn"]
        users = [name for name, one in region.queues.items() if policy_of(one) == arn]
        if users:
            raise ClientError(f"Scheduling policy {arn} is in use by job queue {users[0]}")
        del region.policies[arn]
        return {}

    def describe(self, request: Mapping[str, Any]) -> Record:
        policies = self._here()[1].policies
        found = [policies[arn] for arn in request.get("arns") or () if arn in policies]
        return {"schedulingPolicies": found}

    def list(self, request: Mapping[str, Any]) -> Record:
        del request
        return {"schedulingPolicies": [{"arn": arn} for arn in self._here()[1].policies]}

    def _policy(self, request: Mapping[str, Any]) -> Record:
        return find_policy(self._here()[1], request["arn"])


def find_policy(region: RegionStore, arn: str) -> Record:
    if arn not in region.policies:
        raise ClientError(f"Scheduling policy {arn} does not exist")
    return region.policies[arn]


def policy_of(queue: Mapping[str, Any]) -> str | None:
    """The ARN of a queue's policy; None for one that is first in, first out."""
    arn = queue.get("schedulingPolicyArn")
    return str(arn) if arn else None


def check_queue(region: RegionStore, request: Mapping[str, Any]) -> None:
    """Raise `ClientError` for a new queue whose policy is not there."""
    if (arn := policy_of(request)) is not None:
        find_policy(region, arn)


def check_queue_update(
    region: RegionStore, queue: Mapping[str, Any], request: Mapping[str, Any]
) -> None:
    """A policy can be replaced, but neither added nor removed."""
    check_queue(region, request)
    if policy_of(request) is not None and policy_of(queue) is None:
        raise ClientError("A FIFO job queue can't have a scheduling policy added")
    if "schedulingPolicyArn" in request and policy_of(request) is None:
        raise ClientError("A job queue's scheduling policy can be replaced but can't be removed")


def check_share(
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
    queue: Mapping[str, Any],
    active: Iterable[str],
) -> None:
    """Raise `ClientError` for a job that says too much or too little for its queue.

    `active`: the shares of the queue's jobs that have not ended.
    """
    share = request.get("shareIdentifier")
    override = request.get("schedulingPriorityOverride")
    if policy_of(queue) is None:
        for name in ("shareIdentifier", "schedulingPriorityOverride"):
            if request.get(name) is not None:
                raise ClientError(f"{name} can't be specified for a FIFO job queue")
        return
    if not share:
        raise ClientError("shareIdentifier must be specified.")
    if not _IDENTIFIER.fullmatch(str(share)) or str(share).endswith("*"):
        raise ClientError(f"shareIdentifier must be 1 to 255 alphanumeric characters, got {share}")
    check_priority(override, "schedulingPriorityOverride")
    if override is None and definition.get("schedulingPriority") is None:
        raise ClientError(
            "Either schedulingPriority in job definition or schedulingPriorityOverride should be "
            "specified."
        )
    shares = set(active) | {str(share)}
    if len(shares) > MAX_ACTIVE_SHARES:
        raise ClientError(f"A job queue can have {MAX_ACTIVE_SHARES} active share identifiers")


def weight_of(region: RegionStore, queue: Mapping[str, Any], share: str) -> float:
    """The weight of a share by the queue's policy: the lower, the more it gets."""
    arn = policy_of(queue)
    policy = (region.policies.get(arn or "") or {}).get("fairsharePolicy") or {}
    for entry in policy.get("shareDistribution") or ():
        if _covers(str(entry["shareIdentifier"]), share):
            return float(entry.get("weightFactor") or 1.0)
    return 1.0


def _check_policy(policy: Mapping[str, Any]) -> None:
    for field, limit in _LIMITS.items():
        value = policy.get(field)
        if value is not None and not 0 <= int(value) <= limit:
            raise ClientError(f"{field} must be 0 to {limit}, got {value}")
    entries = policy.get("shareDistribution") or ()
    names = [str(entry.get("shareIdentifier")) for entry in entries]
    for name, entry in zip(names, entries, strict=True):
        if not _IDENTIFIER.fullmatch(name):
            raise ClientError(
                f"shareIdentifier must be 1 to 255 alphanumeric characters, got {name}"
            )
        least, most = _WEIGHTS
        weight = entry.get("weightFactor")
        if weight is not None and not least <= float(weight) <= most:
            raise ClientError(f"weightFactor must be {least} to {most}, got {weight}")
    _check_overlap(names)


def _check_overlap(names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        for other in names[:number]:
            if _covers(name, other) or _covers(other, name):
                raise ClientError(f"Share identifiers overlap: {other} and {name}")


def _covers(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return pattern == name
