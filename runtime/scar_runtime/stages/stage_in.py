"""The first container of a job: takes the claim, brings the input, and writes the launcher."""

from __future__ import annotations

import time

from scar_runtime.attempt import note
from scar_runtime.batch import Job
from scar_runtime.claims import DONE, Claim
from scar_runtime.claims import FAILED as FAILED_CLAIM
from scar_runtime.errors import ScarError, SupersededError, TerminatedError
from scar_runtime.execution import Staged
from scar_runtime.job import current_job, holder_of, task_of
from scar_runtime.runtime import Runtime
from scar_runtime.stages.launcher import IDLE, launcher
from scar_runtime.stages.own_command import runs_own_command
from scar_runtime.stages.volume import (
    DUPLICATE,
    FAILED,
    IGNORED,
    STAGED,
    Notes,
    Volume,
    open_to_all,
)
from scar_runtime.workspace import make_way


def run_stage_in(runtime: Runtime, volume: Volume) -> int:
    """Stage in; gives the code to exit with.

    A fault is written down for `stage-out`, which tells of it and fails the job; this container
    ends well all the same. ECS's agent would stop the others otherwise, and nobody would say why.
    """
    runtime.terminator.install()
    begin = time.monotonic()
    volume.prepare()
    volume.put_launcher(IDLE)
    try:
        notes = _taken(runtime, volume, current_job(runtime), begin)
    except TerminatedError as fault:
        runtime.log.error(str(fault))
        return fault.exit_code
    except ScarError as fault:
        runtime.log.error(str(fault))
        notes = Notes(FAILED, begin, message=str(fault), exit_code=fault.exit_code)
    volume.put_notes(notes)
    return 0


def _taken(runtime: Runtime, volume: Volume, job: Job, begin: float) -> Notes:
    """Stage in under the job's claim."""
    _, claims, _ = runtime.stored
    claim: Claim | None = None
    if job.claim:
        claim = claims.adopt(job.claim, holder_of(runtime, job))
        if claim is None:
            return Notes(DUPLICATE, begin)
    try:
        staged = _stage(runtime, volume, job)
    except SupersededError as superseded:
        runtime.log.info(str(superseded), request_id=job.request_id)
        note(runtime, claim, DONE)
        return Notes(IGNORED, begin)
    except ScarError:
        note(runtime, claim, FAILED_CLAIM)
        raise
    held = vars(claim.document) if claim else None
    return Notes(STAGED, begin, claim=held, hop=staged.hop)


def _stage(runtime: Runtime, volume: Volume, job: Job) -> Staged:
    task, executor = task_of(runtime, job), runtime.executor
    work = volume.work(job.request_id)
    make_way(work.root)
    work.make()
    staged = executor.stage_in(task, work)
    payload = runtime.config.payload and volume.put_payload(runtime.config.payload)
    if runs_own_command(runtime.config, job.record):
        open_to_all(work.root)
        return staged
    variables = executor.variables(task, work, staged.file)
    if payload:
        variables["EXTRA_PAYLOAD"] = str(payload)
    program = executor.program(job.record, work, staged.file)
    open_to_all(work.root)
    text = launcher(
        program.words,
        program.folder,
        volume.code,
        given=job.record.variables,
        variables={**runtime.config.environment, **variables},
    )
    volume.put_launcher(text)
    return staged
