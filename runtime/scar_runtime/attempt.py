"""One record under its claim, in any service: run it, or give it to a Batch job, and say so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scar_runtime.batch import Job
from scar_runtime.claims import DONE, FAILED, PUBLISHING, SUBMITTED, Claim, LostClaimError
from scar_runtime.errors import (
    DefectError,
    OutOfTimeError,
    ScarError,
    StorageError,
    SupersededError,
)
from scar_runtime.events import Entry, Ignored, Record, Refused
from scar_runtime.log import REASON_LETTERS, Execution
from scar_runtime.outputs import Publication
from scar_runtime.runtime import Runtime
from scar_runtime.task import Result, Task

TRACE_LETTERS = 8_000


@dataclass(frozen=True)
class Outcome:
    """What became of one record. `fault` is set exactly if it failed."""

    status: str
    outputs: tuple[str, ...] = ()
    job_id: str | None = None
    answer: bytes = b""
    fault: ScarError | None = None

    @property
    def exit_code(self) -> int:
        return self.fault.exit_code if self.fault else 0


DUPLICATE = Outcome("duplicate")
IGNORED = Outcome("ignored")
WAITING = Outcome("waiting")
"""A file has arrived of a group that is not whole yet."""


def reported(
    runtime: Runtime,
    service: str,
    entry: Entry,
    request_id: str,
    attempt: Callable[[Record], Outcome],
    begin: float | None = None,
) -> Outcome:
    """Carry `attempt` out, and write the one log line that says what became of the record.

    Whatever happens, a defect of ours included, there is that line. `begin` (by `time.monotonic`)
    is when the record was taken up, if not just now.
    """
    begin = time.monotonic() if begin is None else begin
    runtime.log.trace_id = None
    if isinstance(entry, Ignored):
        runtime.log.info(f"ignored: {entry.reason}", request_id=request_id, input=entry.input)
        outcome = Outcome("ignored")
    else:
        try:
            if isinstance(entry, Refused):
                raise entry.fault
            outcome = attempt(entry)
        except Exception as error:  # the edge of a record
            outcome = Outcome("failed", fault=told(runtime, error, request_id, entry.input))
    runtime.log.execution(
        Execution(
            function=runtime.config.name,
            service=service,
            request_id=request_id,
            input=entry.input,
            status=outcome.status,
            exit_code=outcome.exit_code,
            seconds=time.monotonic() - begin,
            outputs=outcome.outputs,
            job_id=outcome.job_id or runtime.settings.job_id,
            reason=str(outcome.fault) if outcome.fault else None,
        )
    )
    return outcome


def found(entries: Callable[[], Iterable[Entry]]) -> list[Entry]:
    """What is in an event; if a defect keeps it from being read, that in place of all."""
    try:
        return list(entries())
    except Exception as error:  # the edge of an event
        return [Refused(error)]


def refused(runtime: Runtime, service: str, error: Exception, request_id: str) -> Outcome:
    """Report what never became a record."""

    def never(_: Record) -> Outcome:
        raise error

    return reported(runtime, service, Refused(error), request_id, never)


def told(
    runtime: Runtime, error: Exception, request_id: str | None = None, name: str | None = None
) -> ScarError:
    """Write a fault into the log; gives it, or what stands for it if it is no fault but a defect of
    the runtime, of which the log alone has the trace. `name` is the input's."""
    if isinstance(error, ScarError):
        runtime.log.error(str(error), request_id=request_id, input=name)
        return error
    from traceback import format_exception

    trace = "".join(format_exception(error))
    text = f"a defect of the runtime, please report it: {error!r}"
    runtime.log.error(text, request_id=request_id, input=name, trace=trace[-TRACE_LETTERS:])
    where = f"the log of request {request_id}" if request_id else "the log"
    return DefectError(
        f"function {runtime.config.name}: the runtime has a defect; {where} has its trace"
    )


def gathered(runtime: Runtime, record: Record, request_id: str) -> Record | Outcome:
    """What there is to run for a record: the record itself, or that of the group which its file
    makes whole; if it does not, what becomes of the record."""
    if record.folder:
        from scar_runtime.joins.gate import whole_folder

        return whole_folder(runtime, record.folder)
    source = runtime.config.join_input
    if source is None or source.join is None or record.group:
        return record
    from scar_runtime.joins.arrivals import Waiting
    from scar_runtime.joins.gate import gather

    try:
        found = gather(runtime, record, request_id, source, source.join)
    except SupersededError as superseded:
        runtime.log.info(str(superseded), request_id=request_id)
        return IGNORED
    if not isinstance(found, Waiting):
        return found
    runtime.log.info(
        f"the group {found.group} waits for more files",
        request_id=request_id,
        arrived=found.arrived,
        expected=found.expected,
    )
    return WAITING


def with_overdue(runtime: Runtime, entries: Iterable[Entry], request: str) -> Iterator[Entry]:
    """The entries of an event, with overdue groups in the place of an order to look for them."""
    for entry in entries:
        if not isinstance(entry, Record) or not entry.looks_for_overdue:
            yield entry
            continue
        source = runtime.config.join_input
        if source is None or source.join is None:
            yield Ignored("the function joins no files")
            continue
        from scar_runtime.joins.overdue import Overdue

        spool, _, _ = runtime.stored
        yield from Overdue(runtime.config.name, source, source.join, spool).entries(request)


def run(
    runtime: Runtime,
    task: Task,
    claim: Claim | None,
    out_of_time: Callable[[OutOfTimeError], Outcome],
) -> Outcome:
    """Execute the task; `out_of_time` decides what follows if its time does not suffice.

    Raises the fault of a failed run, after the claim says so.
    """

    def execute(publication: Publication) -> Result:
        return runtime.executor.execute(task, publication)

    return settle(runtime, task.request_id, claim, execute, out_of_time)


def settle(
    runtime: Runtime,
    request_id: str,
    claim: Claim | None,
    execute: Callable[[Publication], Result],
    out_of_time: Callable[[OutOfTimeError], Outcome],
) -> Outcome:
    """Execute, with the right to publish, and write into the claim how it ended.

    Raises as `run` does.
    """
    try:
        result = execute(_publication(request_id, claim))
    except LostClaimError as lost:
        runtime.log.warning(str(lost), request_id=request_id)
        return DUPLICATE
    except SupersededError as superseded:
        runtime.log.info(str(superseded), request_id=request_id)
        note(runtime, claim, DONE)
        return IGNORED
    except OutOfTimeError as fault:
        return out_of_time(fault)
    except Exception as error:  # a defect, too, ends the claim
        note_failure(runtime, claim, error)
        raise
    note(runtime, claim, DONE)
    return Outcome("succeeded", outputs=result.outputs, answer=result.output.content())


def _publication(request_id: str, claim: Claim | None) -> Publication:
    """The outputs of one claim go out under one request id, whoever goes on with it."""
    if claim is None:
        return Publication(request_id)
    begun = claim.published_as
    first = begun or request_id

    def begin(plan: str) -> str:
        edition = claim.edition(plan)
        claim.advance(PUBLISHING, published_as=first, **({"edition": edition} if plan else {}))
        return edition

    return Publication(first, claim.name, begun is not None, begin)


def submit(runtime: Runtime, task: Task, claim: Claim | None, status: str) -> Outcome:
    """Give the record and its claim to a Batch job. Raises after the claim says "failed"."""
    _, _, jobs = runtime.stored
    key = claim.key if claim else None
    try:
        job_id = jobs.submit(Job(task.record, task.request_id, key), _program(runtime, task))
    except Exception as error:
        note_failure(runtime, claim, error)
        raise
    note(runtime, claim, SUBMITTED, job=job_id)
    return Outcome(status, job_id=job_id)


def _program(runtime: Runtime, task: Task) -> Mapping[str, Any] | None:
    """What the container of an image that is used as it is has to be told."""
    if not runtime.settings.job_containers:
        return None
    from scar_runtime.stages.own_command import override  # most functions have no such container

    return override(runtime, task)


def note_failure(runtime: Runtime, claim: Claim | None, error: Exception) -> None:
    """Write into the claim that the event failed, and why: for who redrives it."""
    reason = str(error) if isinstance(error, ScarError) else repr(error)
    note(runtime, claim, FAILED, reason=reason[:REASON_LETTERS])


def note(runtime: Runtime, claim: Claim | None, state: str, **facts: str) -> None:
    """Write what has already happened into the claim. If that fails, what happened stays true:
    a warning is all there is to do. (The job that was just submitted may even be the one that
    changed the claim.)"""
    if claim is None:
        return
    try:
        claim.advance(state, **facts)
    except LostClaimError:
        runtime.log.debug(f"the claim {claim.key} has a new holder already")
    except StorageError as fault:
        runtime.log.warning(f"the claim {claim.key} does not say {state!r}: {fault}")
