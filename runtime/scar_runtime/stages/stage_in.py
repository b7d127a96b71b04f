"""The first container of a job: takes the claim, brings the input, and writes the launcher."""

from __future__ import annotations

import time

from scar_runtime.attempt import Outcome, note, note_failure, reported, told
from scar_runtime.batch import Job
from scar_runtime.claims import DONE
from scar_runtime.errors import StorageError, SupersededError, TerminatedError
from scar_runtime.events import Record
from scar_runtime.job import SERVICE, current_job, give_up, take_claim, task_of, unknown
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
from scar_runtime.task import Staged
from scar_runtime.workspace import make_way


def run_stage_in(runtime: Runtime, volume: Volume) -> int:
    """Stage in; gives the code to exit with.

    A fault is written down for `stage-out`, which tells of it and fails the job; this container
    ends well all the same. ECS's agent would stop the others otherwise, and nobody would say why.
    """
    runtime.terminator.install()
    begin = time.monotonic()
    try:
        volume.prepare()
        volume.put_launcher(IDLE)
        volume.put_notes(_notes(runtime, volume, begin))
    except TerminatedError as fault:
        runtime.log.error(str(fault))
        return fault.exit_code
    except StorageError as fault:
        return _fail_alone(runtime, fault, begin)
    return 0


def _notes(runtime: Runtime, volume: Volume, begin: float) -> Notes:
    """What to tell `stage-out`. Raises `TerminatedError`."""
    try:
        job = current_job(runtime)
        try:
            return _taken(runtime, volume, job, begin)
        except Exception:
            volume.clear(job.request_id)  # the disk may be full, and there is something to write
            raise
    except TerminatedError:
        raise
    except Exception as error:
        fault = told(runtime, error)
        return Notes(FAILED, begin, message=str(fault), exit_code=fault.exit_code)


def _fail_alone(runtime: Runtime, fault: StorageError, begin: float) -> int:
    """Report a fault that `stage-out` cannot be told, because the disk takes nothing. It would not
    run in any case: ECS starts no container that waits for one that failed."""
    try:
        job = current_job(runtime)
    except Exception as error:
        return unknown(runtime, error)

    def attempt(_: Record) -> Outcome:
        give_up(runtime, job, fault)
        raise fault

    return reported(runtime, SERVICE, job.record, job.request_id, attempt, begin).exit_code


def _taken(runtime: Runtime, volume: Volume, job: Job, begin: float) -> Notes:
    """Stage in under the job's claim."""
    claim = take_claim(runtime, job) if job.claim else None
    if job.claim and claim is None:
        return Notes(DUPLICATE, begin)
    try:
        staged = _stage(runtime, volume, job)
    except SupersededError as superseded:
        runtime.log.info(str(superseded), request_id=job.request_id)
        note(runtime, claim, DONE)
        return Notes(IGNORED, begin)
    except Exception as error:
        note_failure(runtime, claim, error)
        raise
    held = vars(claim.document) if claim else None
    facts = {name: getattr(staged, name) for name in ("hop", "trace_id", "joins", "is_empty")}
    return Notes(STAGED, begin, claim=held, **facts)


def _stage(runtime: Runtime, volume: Volume, job: Job) -> Staged:
    task, executor = task_of(runtime, job), runtime.executor
    work = volume.work(job.request_id)
    make_way(work.root)
    work.make()
    staged = executor.stage_in(task, work)
    payload = runtime.config.payload and volume.put_payload(runtime.config.payload)
    if runs_own_command(runtime.config, job.record) or staged.is_empty:
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
        given=executor.parameters(task),
        variables={**runtime.config.environment, **variables},
        home=work.root,
    )
    volume.put_launcher(text)
    return staged
