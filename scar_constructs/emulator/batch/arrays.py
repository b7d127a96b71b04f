"""Array jobs: one submission, and a job for each index, which stands for itself from then on.

https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html. The job that all of them are
together is PENDING from the moment at which one of them is RUNNABLE, and ends when all have ended:
FAILED if one has failed. None is ended because another one failed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.jobs import (
    ENDED,
    FAILED,
    PENDING,
    RUNNABLE,
    RUNNING,
    SUBMITTED,
    SUCCEEDED,
    Job,
    milliseconds,
    new_job,
)

MIN_SIZE, MAX_SIZE = 2, 10_000
_STATES = (SUBMITTED, PENDING, RUNNABLE, "STARTING", RUNNING, SUCCEEDED, FAILED)


class Array:
    """The job `parent` and its `children`, in the order of their indexes."""

    def __init__(self, parent: Job, children: tuple[Job, ...]) -> None:
        self.parent = parent
        self.children = children
        self._lock = threading.Lock()
        self._known = dict.fromkeys((child.id for child in children), SUBMITTED)
        self._counts = Counter(self._known.values())
        self._show()

    def changed(self, child: Job, publish: Callable[[Mapping[str, Any]], None]) -> bool:
        """Note a child's status; true if all of them have ended with that. `publish` takes the
        parent's document where its own status changes."""
        with self._lock:
            self._counts[self._known[child.id]] -= 1
            self._known[child.id] = child.status
            self._counts[child.status] += 1
            self._show()
            status = self._status(child)
            if status == self.parent.status:
                return False
            self.parent.document["status"] = status
            if status in ENDED:
                self.parent.document["stoppedAt"] = milliseconds()
            publish(self.parent.document)
            return status in ENDED

    def _status(self, child: Job) -> str:
        if sum(self._counts[status] for status in ENDED) == len(self.children):
            return FAILED if self._counts[FAILED] else SUCCEEDED
        return self.parent.status if child.status == SUBMITTED else PENDING

    def _show(self) -> None:
        self.parent.document["arrayProperties"] |= {
            "statusSummary": {status: self._counts[status] for status in _STATES},
            "statusSummaryLastUpdatedAt": milliseconds(),
        }


def new_array(
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
    queue: Mapping[str, Any],
    scope: Scope,
) -> Array:
    """The jobs that a SubmitJob request with `arrayProperties` makes."""
    size = int(request["arrayProperties"]["size"])
    parent = new_job(request, definition, queue, scope)
    parent.document["arrayProperties"] = {"size": size}
    children = []
    for index in range(size):
        # https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
        variables = {
            "AWS_BATCH_JOB_ARRAY_INDEX": str(index),
            "AWS_BATCH_JOB_ARRAY_SIZE": str(size),
        }
        identifier = f"{parent.id}:{index}"
        child = new_job(request, definition, queue, scope, identifier, variables)
        child.document["arrayProperties"] = {"index": index}
        children.append(child)
    return Array(parent, tuple(children))


def is_child(job: Job) -> bool:
    return "index" in (job.document.get("arrayProperties") or {})


def check_array(request: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    """Raise `ClientError` for an array that Batch refuses, or that cannot be run here."""
    properties = request.get("arrayProperties")
    if not properties:
        return
    size = int(properties.get("size") or 0)
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ClientError(f"Array size must be {MIN_SIZE} to {MAX_SIZE}, got {size}")
    if definition.get("nodeProperties"):
        raise ClientError("An array of jobs over several hosts is not possible in the local cloud")
