"""Give a record to a Batch job, and take it up in the job.

SubmitJob carries only a key: the event itself lies in the spool bucket, since Batch refuses
requests over 30 KiB, and fails jobs whose overrides have over 8,192 characters only after it
accepted them (https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from scar_runtime.aws.errors import AwsError
from scar_runtime.errors import ConfigError, EventError, ScarError
from scar_runtime.events import Record, parse
from scar_runtime.identifiers import unique
from scar_runtime.settings import Settings
from scar_runtime.spool import Spool

NAME_LETTERS = 128
"""https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html"""
_NO_SHARE = "Failed to create shareIdentifier"
"""What Batch answers, rarely, to the first job of a share: there is no job.

https://github.com/ASFHyP3/hyp3/issues/802
"""
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")
_ATTEMPTS = 6
_DIGEST_LETTERS = 16
VERSION = 1


class SubmitError(ScarError):
    """The job could not be submitted."""


@dataclass(frozen=True)
class Job:
    """What a job is told: its record, under which request id, by which claim."""

    record: Record
    request_id: str
    claim: str | None


class Submitter(Protocol):
    """Batch, as far as we need it."""

    def submit_job(self, request: Mapping[str, Any]) -> str: ...


class Jobs:
    """Submits jobs of one function."""

    def __init__(
        self,
        function: str,
        spool: Spool,
        settings: Settings,
        batch: Submitter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._function = function
        self._spool = spool
        self._settings = settings
        self._batch = batch
        self._sleep = sleep

    def submit(self, job: Job, program: Mapping[str, Any] | None = None) -> str:
        """Submit a job for a record; gives its id. `program` is what it overrides of the container
        of an image that is used as it is. Raises `SubmitError`."""
        place = self._place()
        key = self._spool.key("jobs", f"{unique()}.json")
        try:
            self._spool.put(key, document_of(job.record, job.request_id, job.claim))
        except RecursionError as error:
            raise EventError("the event is nested too deeply for a job") from error
        request = {
            "jobName": job_name(self._function, job.record),
            **place,
            **_overrides(key, self._settings, program),
        }
        return self._submit(request)

    def submit_array(self, digest: str, key: str, size: int) -> str:
        """Submit `size` jobs as one, whose manifest is at `key` and has this digest; gives the id
        of all together. Raises `SubmitError`."""
        request = {
            "jobName": f"{self._function}-{digest[:_DIGEST_LETTERS]}",
            **self._place(),
            "arrayProperties": {"size": size},
            **_overrides(key, self._settings, None),
        }
        return self._submit(request)

    def _place(self) -> dict[str, str]:
        """Where jobs go, and as what."""
        queue, definition = self._settings.job_queue, self._settings.job_definition
        share = self._settings.job_share  # a queue of ours knows shares, one of others may not
        if not queue or not definition:
            raise ConfigError("SCAR_JOB_QUEUE and SCAR_JOB_DEFINITION must be set to submit jobs")
        place = {"jobQueue": queue, "jobDefinition": definition}
        return {**place, "shareIdentifier": share} if share else place

    def _submit(self, request: dict[str, Any]) -> str:
        """Some answers say for certain that there is no job: only then we try again."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._batch.submit_job(request)
            except AwsError as error:
                if not _made_no_job(error) or attempt == _ATTEMPTS:
                    text = f"function {self._function}: cannot submit a job: {error}"
                    raise SubmitError(text) from error
                self._sleep(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def _made_no_job(error: AwsError) -> bool:
    return error.code in _THROTTLED or _NO_SHARE in str(error)


def _overrides(key: str, settings: Settings, program: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the job learns. A job over several hosts takes it for all of them, a job of several
    containers for those that are named."""
    overrides = {"environment": [{"name": "SCAR_JOB_EVENT", "value": key}]}
    if settings.job_containers:
        containers = [{"name": name, **overrides} for name in settings.job_containers]
        if program:
            containers.append(dict(program))
        return {"ecsPropertiesOverride": {"taskProperties": [{"containers": containers}]}}
    if settings.job_nodes is None:
        return {"containerOverrides": overrides}
    everywhere = {"targetNodes": "0:", "containerOverrides": overrides}
    return {"nodeOverrides": {"nodePropertyOverrides": [everywhere]}}


def job_name(function: str, record: Record) -> str:
    """A name for people: the function and the file, in the letters and length Batch allows."""
    stored = record.object
    label = f"{function}-{stored.key.rsplit('/', 1)[-1]}" if stored else function
    if record.group:
        label = f"{function}-{record.group.name}"
    return re.sub(r"[^A-Za-z0-9_-]", "_", label)[:NAME_LETTERS]


def read_job(spool: Spool, key: str) -> Job:
    """What this job has to do. Raises `EventError` if its document is missing or damaged."""
    document = spool.get(key)
    if document is None:
        raise EventError(f"the job's event document {key} is not in the spool bucket (expired?)")
    return _job(document.content, key)


def read_member(spool: Spool, key: str, index: int) -> Job:
    """The same for job number `index` of an array, whose documents are in the manifest at `key`."""
    from scar_runtime.bursts.manifest import read_document  # few jobs are of an array

    content = read_document(spool, key, index)
    if content is None:
        raise EventError(f"the manifest {key} of the jobs is not in the spool bucket (expired?)")
    return _job(content, f"{key} ({index})")


def document_of(record: Record, request_id: str, claim: str | None) -> dict[str, Any]:
    """What a job is told, as it lies in the spool bucket."""
    return {"version": VERSION, "request_id": request_id, "claim": claim, "event": record.event}


def _job(content: Mapping[str, Any], key: str) -> Job:
    if content.get("version") != VERSION:
        raise EventError(f"the job's event document {key} has version {content.get('version')!r}")
    request_id, claim = content.get("request_id"), content.get("claim")
    if not isinstance(request_id, str) or not isinstance(claim, str | None):
        raise EventError(f"the job's event document {key} is damaged")
    records = list(parse(content.get("event")))
    if len(records) == 1 and isinstance(records[0], Record):
        return Job(records[0], request_id, claim)
    raise EventError(f"the job's event document {key} must hold one record")
