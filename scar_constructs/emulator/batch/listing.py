"""Which jobs ListJobs gives.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scar_constructs.emulator.batch.arrays import is_child
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.jobs import Job


def listed_by(request: Mapping[str, Any]) -> Callable[[Job], bool]:
    """Which jobs of a queue or of an array: those that run, those of a status, or those of a
    name."""
    if not request.get("filters"):
        status = request.get("jobStatus", "RUNNING")
        return lambda job: job.status == status
    (one,) = request["filters"]
    if one["name"] != "JOB_NAME":
        raise ClientError(f"Filter {one['name']} is not known to the local cloud")
    (wanted,) = one["values"]
    start, star, _ = wanted.lower().partition("*")

    def matches(job: Job) -> bool:
        name = job.document["jobName"].lower()
        return bool(name.startswith(start) if star else name == start)

    return matches


def without_children(jobs: Iterable[Job]) -> list[Job]:
    """Of a queue, the jobs of an array are listed as one."""
    return [job for job in jobs if not is_child(job)]
