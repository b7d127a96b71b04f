"""Lambda's handlers: `handle` runs the script in the function, `dispatch` submits Batch jobs."""

from __future__ import annotations

import base64
import functools
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from scar_runtime.attempt import (
    DUPLICATE,
    Outcome,
    found,
    gathered,
    note_failure,
    refused,
    reported,
    run,
    submit,
    with_overdue,
)
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.functions import LATER_BYTES
from scar_runtime.batch import SubmitError
from scar_runtime.claims import Claim, Claims, Holder
from scar_runtime.errors import BusyError, EventError, OutOfTimeError, RecordsError, ScarError
from scar_runtime.events import Entry, Record, webhook, wrapped
from scar_runtime.events.filters import wanted
from scar_runtime.events.gateway import is_put_off, is_request
from scar_runtime.kernel import seclude
from scar_runtime.passage import fence_standard_streams
from scar_runtime.runtime import Runtime, from_process
from scar_runtime.task import Task
from scar_runtime.workspace import remove_leftovers

SERVICE = "lambda"
CLOCK_SKEW_SECONDS = 5.0


class Context(Protocol):
    """The part of Lambda's context object that we use."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


@functools.cache
def process_runtime() -> Runtime:
    runtime = from_process()
    if runtime.config.mode != "batch":  # whose dispatcher runs no script, and need not be ready to
        runtime.reaper.adopt()
        seclude()
    return runtime


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    fence_standard_streams()
    # In Lambda's init phase, which has a full processor whatever the function's memory.
    process_runtime()
    remove_leftovers()


def handle(event: Any, context: Context) -> dict[str, Any]:
    """Run the function's script for each record of the event."""
    return Invocation(process_runtime(), context).handle(event)


def dispatch(event: Any, context: Context) -> dict[str, Any]:
    """Submit a Batch job for each record of the event."""
    return Invocation(process_runtime(), context).dispatch(event)


class Invocation:
    """One call of the function by Lambda."""

    def __init__(self, runtime: Runtime, context: Context) -> None:
        self._runtime = runtime
        self._request_id = context.aws_request_id
        self._first_request: str | None = None
        self._is_queued = False
        remaining = context.get_remaining_time_in_millis() / 1000
        reserve = runtime.config.timeout_threshold
        if reserve >= remaining:  # the time-out was shortened by hand: the script still gets to run
            reserve = remaining / 2
        self._stop_at = time.monotonic() + remaining - reserve
        self._grace = reserve / 4
        self._holder = Holder(self._request_id, time.time() + remaining + CLOCK_SKEW_SECONDS)

    def handle(self, event: Any) -> dict[str, Any]:
        """Raises what a failed record raised, so that Lambda tries the event again and in the end
        keeps it in the failure queue; who waits at the other end of HTTP gets status 500."""
        if is_put_off(event):
            return self._put_off(event)
        return self._answer(event, self._attempt_here)

    def dispatch(self, event: Any) -> dict[str, Any]:
        if wrapped.is_of_queue(event, self._runtime.settings.event_queue):
            from scar_runtime.bursts.dispatch import Burst  # few functions have a queue

            return Burst(self._runtime, self._holder, self._task).dispatch(event)
        return self._answer(event, self._attempt_in_job)

    def _put_off(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call this function again with the request, inside an event of our own, and answer.

        API Gateway has no proxy that does not wait.
        """
        try:
            # The id travels along: where the answer is lost, the call comes twice.
            again = {"event": event, wrapped.REDRIVEN: self._request_id}
            later = json.dumps(again).encode("ascii")
            if len(later) > LATER_BYTES:
                limit = f"a request that nobody waits for has at most {LATER_BYTES} bytes"
                return self._refusal(413, EventError(limit))
            self._runtime.functions.invoke_later(self._runtime.config.name, later)
        except AwsError as error:
            text = f"function {self._runtime.config.name}: cannot call itself: {error}"
            return self._refusal(500, SubmitError(text))
        except Exception as error:  # the edge of an event
            return self._refusal(500, error)
        self._runtime.log.info("a request is taken up later", request_id=self._request_id)
        return self._response(202, b"")

    def _refusal(self, status: int, error: Exception) -> dict[str, Any]:
        """The answer to a request that is not taken up later, and ends here."""
        outcome = refused(self._runtime, SERVICE, error, self._request_id)
        return self._exception(status, outcome.fault)

    def _exception(self, status: int, fault: ScarError | None) -> dict[str, Any]:
        """A caller over HTTP gets the fault in words, and of a defect no more than that."""
        return self._response(status, json.dumps({"exception": str(fault)}).encode())

    def _answer(self, event: Any, attempt: Callable[[str, Record], Outcome]) -> dict[str, Any]:
        self._first_request = wrapped.first_request(event)
        self._is_queued = wrapped.is_of_queue(event, self._runtime.settings.event_queue)
        config = self._runtime.config
        inputs = config.inputs
        counts = bool(config.steps) or config.join_input is not None
        request = self._first_request or self._request_id

        def entries() -> Iterable[Entry]:
            taken = wanted(webhook.received(event, inputs), inputs, counts)
            return with_overdue(self._runtime, taken, request)

        outcomes = []
        for number, entry in enumerate(found(entries), start=1):
            request_id = self._request_id if number == 1 else f"{self._request_id}-{number}"
            one = functools.partial(self._gathered, attempt, request_id)
            outcomes.append(reported(self._runtime, SERVICE, entry, request_id, one))
        faults = [outcome.fault for outcome in outcomes if outcome.fault]
        if not faults:
            return self._success(outcomes)
        if is_request(event):
            status = 400 if isinstance(faults[0], EventError) else 500
            return self._exception(status, faults[0])
        raise _joined(faults)

    def _gathered(
        self, attempt: Callable[[str, Record], Outcome], request_id: str, record: Record
    ) -> Outcome:
        found = gathered(self._runtime, record, request_id)
        return attempt(request_id, found) if isinstance(found, Record) else found

    def _attempt_here(self, request_id: str, record: Record) -> Outcome:
        task = self._task(request_id, record)
        claim = None
        delegates = self._runtime.config.delegates
        if self._runtime.claims and (delegates or self._may_come_again(record)):
            claim = self._take(self._runtime.claims, request_id, record)
            if claim is None:
                self._require_settled(self._runtime.claims, request_id, record)
                return DUPLICATE
        if self._is_too_large(record):
            return submit(self._runtime, task, claim, "submitted")

        def out_of_time(fault: OutOfTimeError) -> Outcome:
            if delegates:
                self._runtime.log.info(f"a Batch job takes over: {fault}", request_id=request_id)
                return submit(self._runtime, task, claim, "delegated")
            note_failure(self._runtime, claim, fault)
            raise fault

        return run(self._runtime, task, claim, out_of_time)

    def _require_settled(self, claims: Claims, request_id: str, record: Record) -> None:
        """Raise `BusyError` for a duplicate that came through the function's own queue while the
        record is worked on: who takes the message says that there is nothing left to do, and if the
        other fails, nothing would bring the file again."""
        if self._is_queued and claims.is_held(record, request_id):
            raise BusyError("another delivery works on it: the queue brings this one again")

    def _is_too_large(self, record: Record) -> bool:
        """Whether the record is a job's, by its size. One that nobody has told is tried here."""
        limit, size = self._runtime.config.lambda_up_to, record.size
        return limit is not None and size is not None and size > limit

    def _may_come_again(self, record: Record) -> bool:
        """Whether a second delivery of the record could do harm. Nobody repeats a request whose
        caller waits; of other invocations Lambda does not say whether it would."""
        if record.object or record.group or self._first_request:
            return True
        waits = record.http is not None and record.http.waiting
        return bool(self._runtime.config.outputs) and not waits

    def _attempt_in_job(self, request_id: str, record: Record) -> Outcome:
        _, claims, _ = self._runtime.stored
        claim = self._take(claims, request_id, record)
        if claim is None:
            return DUPLICATE
        return submit(self._runtime, self._task(request_id, record), claim, "submitted")

    def _take(self, claims: Claims, request_id: str, record: Record) -> Claim | None:
        """The claim on a record. What redrive brings again is known by its first request."""
        number = request_id.removeprefix(self._request_id)
        return claims.take(record, (self._first_request or self._request_id) + number, self._holder)

    def _task(self, request_id: str, record: Record) -> Task:
        variables = {"AWS_LAMBDA_REQUEST_ID": self._request_id}
        return Task(record, request_id, self._stop_at, self._grace, variables)

    def _success(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """The script's output as SCAR's clients expect it; the jobs, where there are any."""
        jobs = [outcome.job_id for outcome in outcomes if outcome.job_id]
        if jobs:
            return self._response(202, json.dumps({"jobs": jobs}).encode())
        return self._response(200, b"".join(outcome.answer for outcome in outcomes))

    def _response(self, status: int, body: bytes) -> dict[str, Any]:
        settings = self._runtime.settings
        return {
            "statusCode": status,
            "headers": {
                "amz-lambda-request-id": self._request_id,
                "amz-log-group-name": settings.log_group,
                "amz-log-stream-name": settings.log_stream,
            },
            "body": base64.b64encode(body).decode("ascii"),
            "isBase64Encoded": True,
        }


def _joined(faults: Sequence[ScarError]) -> ScarError:
    if len(faults) == 1:
        return faults[0]
    texts = "\n".join(str(fault) for fault in faults)
    return RecordsError(f"{len(faults)} records of the event failed:\n{texts}")
