"""One Batch job: takes up the record that its function's Lambda wrote into the spool bucket."""

from __future__ import annotations

from scar_runtime.attempt import (
    DUPLICATE,
    Outcome,
    note_failure,
    refused,
    reported,
    run,
    told,
)
from scar_runtime.batch import Job, read_job, read_member
from scar_runtime.claims import Claim, Holder
from scar_runtime.errors import ConfigError, OutOfTimeError, ScarError
from scar_runtime.events import Record
from scar_runtime.outputs import Publication
from scar_runtime.runtime import Runtime
from scar_runtime.task import GRACE_SECONDS, Task

SERVICE = "batch"


def run_job(runtime: Runtime) -> int:
    """Run this process's job; gives the code to exit with, which is the script's own.

    Of a job over several hosts each runs the script on the same input. The main one holds the
    claim, publishes and reports; Batch ends the others when it ends.
    """
    runtime.terminator.install()
    try:
        job = current_job(runtime)
    except Exception as error:
        return unknown(runtime, error)
    if runtime.settings.is_child_node:
        return _run_child(runtime, job)

    def attempt(_: Record) -> Outcome:
        return _attempt(runtime, job)

    return reported(runtime, SERVICE, job.record, job.request_id, attempt).exit_code


def _run_child(runtime: Runtime, job: Job) -> int:
    try:
        runtime.executor.execute(task_of(runtime, job), Publication(job.request_id))
    except Exception as error:
        return told(runtime, error, job.request_id).exit_code
    return 0


def unknown(runtime: Runtime, error: Exception) -> int:
    """Report a job that cannot tell what it has to do; gives the code to exit with."""
    return refused(runtime, SERVICE, error, runtime.settings.job_id or "").exit_code


def give_up(runtime: Runtime, job: Job, fault: ScarError) -> None:
    """Mark the job's claim as failed, unless it is another's by now. Raises `StorageError`."""
    note_failure(runtime, take_claim(runtime, job) if job.claim else None, fault)


def current_job(runtime: Runtime) -> Job:
    """What the job of this process has to do. Raises `ScarError`."""
    spool, _, _ = runtime.stored
    if not runtime.settings.job_event:
        raise ConfigError("SCAR_JOB_EVENT is not set: the function's Lambda submits its jobs")
    if runtime.settings.job_index is not None:
        return read_member(spool, runtime.settings.job_event, runtime.settings.job_index)
    return read_job(spool, runtime.settings.job_event)


def take_claim(runtime: Runtime, job: Job) -> Claim | None:
    """The claim on what the job has to do; None if it is not, or no more, this job's to do. A job
    of an array takes it itself; for any other its dispatcher has."""
    _, claims, _ = runtime.stored
    holder = holder_of(runtime, job)
    if runtime.settings.job_index is not None:
        return claims.take(job.record, job.request_id, holder)
    return claims.adopt(job.claim, holder) if job.claim else None


def holder_of(runtime: Runtime, job: Job) -> Holder:
    """Who holds the claim of this job."""
    return Holder(runtime.settings.job_id or job.request_id, is_job=True)


def task_of(runtime: Runtime, job: Job) -> Task:
    variables = {
        "AWS_LAMBDA_REQUEST_ID": job.request_id,
        "AWS_LAMBDA_FUNCTION_NAME": runtime.config.name,
    }
    return Task(job.record, job.request_id, None, GRACE_SECONDS, variables)


def _attempt(runtime: Runtime, job: Job) -> Outcome:
    claim = take_claim(runtime, job) if job.claim else None
    if job.claim and claim is None:
        return DUPLICATE

    def out_of_time(fault: OutOfTimeError) -> Outcome:
        note_failure(runtime, claim, fault)
        raise fault

    return run(runtime, task_of(runtime, job), claim, out_of_time)
