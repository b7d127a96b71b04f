"""The last container of a job: tells how the script ended, and publishes after exit code 0."""

from __future__ import annotations

from scar_runtime.attempt import DUPLICATE as DUPLICATE_OUTCOME
from scar_runtime.attempt import Outcome, reported, settle
from scar_runtime.batch import Job
from scar_runtime.claims import Claim
from scar_runtime.errors import OutOfTimeError, ScarError, ScriptError
from scar_runtime.events import Record
from scar_runtime.job import SERVICE, current_job, give_up, task_of, unknown
from scar_runtime.outputs import Publication
from scar_runtime.process import Kept
from scar_runtime.runtime import Runtime
from scar_runtime.spool import Document
from scar_runtime.stages.own_command import exit_code, runs_own_command
from scar_runtime.stages.volume import DUPLICATE, FAILED, IGNORED, Notes, Volume
from scar_runtime.task import Result, Staged
from scar_runtime.trace import TRACE, trace_of
from scar_runtime.workspace import remove_tree

NOT_STARTED = "the container of the image did not run: see its reason among the job's containers"
NOT_RUN = (
    "the container of the image ended without a word of the script's end: it was killed, it has no"
    " /bin/sh, or the image's ENTRYPOINT did not run the command it was given"
)


class StageInError(ScarError):
    """What went wrong in `stage-in`."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_stage_out(runtime: Runtime, volume: Volume) -> int:
    """Stage out; gives the code to exit with, which is the job's: the script's own."""
    runtime.terminator.install()
    try:
        job = current_job(runtime)
    except Exception as error:
        return unknown(runtime, error)

    notes = volume.notes()

    def attempt(_: Record) -> Outcome:
        return _attempt(runtime, volume, job, notes)

    try:
        done = reported(runtime, SERVICE, job.record, job.request_id, attempt, notes.begin)
    finally:
        # The host keeps the volume for hours after the job.
        remove_tree(volume.work(job.request_id).root)
    return done.exit_code


def _attempt(runtime: Runtime, volume: Volume, job: Job, notes: Notes) -> Outcome:
    if notes.status == DUPLICATE:
        return DUPLICATE_OUTCOME
    if notes.status == IGNORED:
        return Outcome("ignored")
    if notes.status == FAILED:
        fault = StageInError(notes.message, notes.exit_code)
        give_up(runtime, job, fault)
        raise fault

    # The script could write there: what is no id of a trace is none.
    trace = trace_of({TRACE: str(notes.trace_id)}, job.record.object, job.request_id)
    runtime.log.trace_id = trace

    def execute(publication: Publication) -> Result:
        if not notes.is_empty:
            _require_success(runtime, volume, job)
        task, work = task_of(runtime, job), volume.work(job.request_id)
        # The file itself has served its purpose.
        joins, is_empty = str(notes.joins), bool(notes.is_empty)
        staged = Staged(None, notes.hop, notes.begin, trace, joins, is_empty)
        outputs = runtime.executor.stage_out(task, work, staged, publication)
        return Result(Kept(), outputs)

    return settle(runtime, job.request_id, _claim(runtime, notes), execute, _no_limit)


def _require_success(runtime: Runtime, volume: Volume, job: Job) -> None:
    function = runtime.config.name
    if runs_own_command(runtime.config, job.record):
        title, missing = "the command", NOT_STARTED
        code = exit_code(runtime.settings.task_metadata_url)
    else:
        title, missing = "the script", NOT_RUN
        code = volume.exit_code()
    if code is None:
        raise ScriptError(function, 1, missing, "")
    if code != 0:
        reason = f"{title} exited with code {code} (its output is in the log of `program`)"
        raise ScriptError(function, code, reason, "")


def _claim(runtime: Runtime, notes: Notes) -> Claim | None:
    """The claim, in the state in which `stage-in` left it."""
    spool, _, _ = runtime.stored
    return Claim(spool, Document(**notes.claim)) if notes.claim else None


def _no_limit(fault: OutOfTimeError) -> Outcome:
    raise fault
