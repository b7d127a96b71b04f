"""Lambda's invocations: every one is run in an environment of ours and entered in the ledger."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Mapping
from typing import Any

from scar_constructs.emulator.functions.asynchronous import AsynchronousInvoker, Event, Outcome
from scar_constructs.emulator.functions.destinations import (
    DeliveryError,
    FailedEvent,
    FailureQueues,
)
from scar_constructs.emulator.functions.pool import Pool
from scar_constructs.emulator.functions.records import (
    dead_letter_queue,
    failure_destination,
    inputs_of,
    messages_of,
    settings_of,
    to_function,
)
from scar_constructs.emulator.ledger import Ledger
from scar_constructs.emulator.rows import LAMBDA, Attempt
from scar_constructs.emulator.services import Emulator
from scar_constructs.emulator.tail import Tail

Record = dict[str, Any]
_EVENTS = "events.amazonaws.com"

# The asynchronous attempt that the context makes: (request id, number, whether it is the last).
_attempt: contextvars.ContextVar[tuple[str, int, bool] | None] = contextvars.ContextVar(
    "attempt", default=None
)


class FunctionService:
    """What the emulator calls instead of its own execution of functions."""

    def __init__(
        self,
        emulator: Emulator,
        pool: Pool,
        invoker: AsynchronousInvoker,
        queues: FailureQueues,
        ledger: Ledger,
    ) -> None:
        self._emulator = emulator
        self._pool = pool
        self._invoker = invoker
        self._queues = queues
        self._ledger = ledger

    def run(self, record: Record, event: Any, request_id: str) -> Record:
        """Run one invocation; the answer is in the emulator's form (body, error, log)."""
        request_id, number, last = _attempt.get() or (request_id, 1, True)
        function = to_function(record)
        with self._ledger.doing(f"function {function.name}"):
            result = self._pool.invoke(function, request_id, json.dumps(event).encode())
            body = _parsed(result.payload)
            self._ledger.attempted(
                Attempt(
                    service=LAMBDA,
                    execution=request_id,
                    function=function.name,
                    number=number,
                    succeeded=not result.failed,
                    final=last or not result.failed,
                    seconds=result.seconds,
                    reason=_reason(body) if result.failed else None,
                    inputs=inputs_of(event),
                    messages=messages_of(event),
                    output=Tail.of_invocation(result.lines).text(),
                )
            )
        answer: Record = {"body": body, "log": "\n".join(result.lines)}
        if result.failed:
            answer["error"] = True
        return answer

    def accept(self, record: Record, event: Any) -> None:
        """Take an asynchronous invocation."""
        function, last_error = to_function(record), [None]

        def attempt(request_id: str, number: int, last: bool) -> Outcome:
            token = _attempt.set((request_id, number, last))
            try:
                result = self._emulator.functions.execute(record, event)
            finally:
                _attempt.reset(token)
            last_error[0] = result.get("body")
            throttled = bool(result.get("throttle"))
            return Outcome(failed=bool(result.get("error")) or throttled, throttled=throttled)

        def give_up() -> None:
            failed = FailedEvent(event, queued.request_id, settings.retries + 1, last_error[0])
            self._give_up(record, failed)

        settings = settings_of(record)
        queued = Event(f"function {function.name}", settings, attempt, give_up)
        self._invoker.accept(queued)

    def from_rule(self, function_arn: str, event: Any, rule_arn: str) -> None:
        """Deliver an event of EventBridge, if the function's policy lets the rule."""
        record = self._emulator.functions.find(function_arn)
        source = {
            "aws:sourcearn": rule_arn,
            "aws:sourceaccount": self._emulator.scope().account,
        }
        if record is not None and self._emulator.identity.policy_allows(
            record["policy"], _EVENTS, "lambda:InvokeFunction", function_arn, source
        ):
            self.accept(record, event)
        else:
            self._ledger.warn(f"{function_arn} does not let rule {rule_arn} invoke it")

    def rule_may_send(self, queue_arn: str, rule_arn: str) -> bool:
        allowed = self._emulator.queues.allow(queue_arn, _EVENTS, rule_arn)
        if not allowed:
            self._ledger.warn(f"{queue_arn} does not let rule {rule_arn} send to it")
        return allowed

    def _give_up(self, record: Record, failed: FailedEvent) -> None:
        function = to_function(record)
        try:
            if arn := failure_destination(record):
                self._queues.send_record(arn, function, failed)
            if arn := dead_letter_queue(record):
                self._queues.send_event(arn, function, failed)
        except DeliveryError as error:
            self._ledger.warn(f"the failed event of {function.name} is lost: {error}")


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")


def _reason(body: Any) -> str:
    if isinstance(body, Mapping):
        return f"{body.get('errorType', 'error')}: {body.get('errorMessage', '')}"
    return str(body)
