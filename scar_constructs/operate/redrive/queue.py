"""Go through the messages of a stack's failure queues once.

Every message is a transaction of its own: it is read, its sender and all that it names are held
against the stack, its documents are read; only then is anything done. A fault of one message is
told with the message, and the next one follows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.operate.redrive.failures import (
    FailedJob,
    Failure,
    ForeignError,
    RedriveError,
    input_of,
    read_function_failure,
    read_service_failure,
    with_first_request,
)
from scar_constructs.operate.redrive.jobs import Claim, Spool
from scar_constructs.operate.redrive.stack import FailureQueue, Member, Stack

HIDDEN_SECONDS = 120
"""For how long a message that we look at is hidden from others: far longer than an invocation takes
to be accepted. One that was not redriven is given back at once."""
_BATCH = 10
_ACCEPTED = 202
_FAULTS = (RedriveError, ClientError, BotoCoreError)


class Action(Enum):
    """What became of one message."""

    REDRIVEN = "redriven"
    FOUND = "found"
    SETTLED = "settled"
    KEPT = "kept"
    FOREIGN = "not from this workflow"

    @property
    def stays(self) -> bool:
        """Whether the message stays in the queue although a redrive was asked for."""
        return self in (Action.KEPT, Action.FOREIGN)


@dataclass(frozen=True)
class Result:
    """One message: of which function and input, why it failed, and what was done about it.

    `function`, `input`, `reason` and `log` (where a job's script printed) are empty for a message
    that is not from this workflow: what it says of itself is worth nothing.
    """

    action: Action
    message: str
    function: str | None = None
    input: str | None = None
    reason: str = ""
    note: str = ""
    log: str = ""
    sent: float | None = None
    """When it came into the queue, in seconds of Unix time."""


@dataclass(frozen=True)
class Choice:
    """Which messages: all of them; or those of a function, or sent since a moment (milliseconds of
    Unix time). Others are given back as they are."""

    function: str | None = None
    since: int | None = None

    def takes(self, result: Order | Result, message: Mapping[str, Any]) -> bool:
        """Whether a message is one of them. What is not from this workflow is of no function."""
        name = result.member.name if isinstance(result, Order) else result.function
        sent = _sent(message)
        return (self.function is None or name == self.function) and (
            self.since is None or (sent is not None and sent * 1000 >= self.since)
        )


@dataclass(frozen=True)
class Order:
    """A failure that has passed all checks, with all that is needed to redrive it."""

    failure: Failure
    member: Member
    event: Any
    claim: tuple[Spool, FailedJob, Claim] | None = None

    @property
    def reason(self) -> str:
        """What the runtime could still say of a job, else what the service says."""
        told = self.claim[2].reason(self.claim[1]) if self.claim else ""
        return told or self.failure.reason

    @property
    def payload(self) -> bytes:
        return json.dumps(self.event).encode()


class Failures:
    """The failure queues of `stack`."""

    def __init__(
        self,
        session: Any,
        stack: Stack,
        choice: Choice = Choice(),
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """`pause` is called after each event that was given to its function again."""
        self._choice = choice
        self._pause = pause
        self._sqs = session.client("sqs")
        self._functions = session.client("lambda")
        self._s3 = session.client("s3")
        self._stack = stack
        self._given: set[tuple[str, bytes]] = set()

    def look(self) -> Iterator[Result]:
        """What lies in the queues, of which nothing is changed."""
        for queue in self._stack.queues:
            for message in self._messages(queue.url, set()):
                order = self._order(queue, message)
                if not self._choice.takes(order, message):
                    continue
                yield order if isinstance(order, Result) else _result(Action.FOUND, message, order)

    def redrive(self) -> Iterator[Result]:
        """Give each event to its function again. A message is removed only after that was
        accepted; one that cannot be redriven stays, and is told with the reason."""
        for queue in self._stack.queues:
            removed: set[str] = set()
            for message in self._messages(queue.url, removed):
                order = self._order(queue, message)
                if not self._choice.takes(order, message):
                    continue
                if isinstance(order, Result):
                    yield order
                    continue
                done = self._redrive(queue, message, order, removed)
                yield done
                if done.action is Action.REDRIVEN:
                    self._pause()

    def _redrive(
        self, queue: FailureQueue, message: Mapping[str, Any], order: Order, removed: set[str]
    ) -> Result:
        action, note = Action.KEPT, ""
        try:
            action, note = self._carry_out(order)
            if not action.stays:
                self._remove(queue.url, message)
                removed.add(message["MessageId"])
        except _FAULTS as error:
            if action is Action.REDRIVEN:
                # To redrive it once more does nothing: its claim is taken.
                note = f"was redriven, and the message could not be removed: {error}"
            else:
                note = str(error)
            action = Action.KEPT
        return _result(action, message, order, note)

    def _order(self, queue: FailureQueue, message: Mapping[str, Any]) -> Order | Result:
        """What the message asks for, or why it is not done."""
        try:
            return self._checked(queue, message)
        except ForeignError as error:
            return Result(
                Action.FOREIGN, message["MessageId"], note=str(error), sent=_sent(message)
            )
        except _FAULTS as error:
            return Result(Action.KEPT, message["MessageId"], note=str(error), sent=_sent(message))

    def _checked(self, queue: FailureQueue, message: Mapping[str, Any]) -> Order:
        if not queue.of_services:
            failure = read_function_failure(message["Body"])
            member = self._stack.by_arn(failure.function)
            member.require_sender(message.get("Attributes", {}).get("SenderId", ""))
            return Order(failure, member, with_first_request(failure, failure.event))
        source = message.get("Attributes", {}).get("DeadLetterQueueSourceArn", "")
        failure = read_service_failure(message["Body"], _texts(message), source)
        if failure.job is None:
            by_name = self._stack.by_name if source else self._stack.by_arn
            return Order(failure, by_name(failure.function), failure.event)
        member = self._stack.by_name(failure.function)
        spool = Spool(self._s3, member.spool, member.name)
        found = spool.read(failure.job)
        claim = (spool, failure.job, found.claim) if found.claim else None
        return Order(failure, member, found.event, claim)

    def _carry_out(self, order: Order) -> tuple[Action, str]:
        identity = (order.member.arn, order.payload)
        if identity in self._given:  # failed again meanwhile: to try on would never end
            return Action.KEPT, "failed again, after it was redriven a moment ago"
        if order.claim:
            spool, job, claim = order.claim
            if not spool.release(job, claim):
                return Action.SETTLED, "another run has it, or has done it"
        answer = self._functions.invoke(
            FunctionName=order.member.arn, InvocationType="Event", Payload=order.payload
        )
        if answer["StatusCode"] != _ACCEPTED:
            raise RedriveError(f"the invocation was answered with {answer['StatusCode']}")
        self._given.add(identity)
        return Action.REDRIVEN, ""

    def _messages(self, url: str, removed: Set[str]) -> Iterator[Mapping[str, Any]]:
        """Each message once. All stay hidden until the end, when those that are not `removed`
        can be seen by others again."""
        seen: dict[str, Mapping[str, Any]] = {}
        try:
            while found := self._receive(url):
                new = [message for message in found if message["MessageId"] not in seen]
                seen |= {message["MessageId"]: message for message in found}
                yield from new
        finally:
            for name, message in seen.items():
                if name not in removed:
                    self._give_back(url, message)

    def _receive(self, url: str) -> Sequence[Mapping[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SenderId", "SentTimestamp", "DeadLetterQueueSourceArn"],
        )
        found: Sequence[Mapping[str, Any]] = answer.get("Messages", ())
        return found

    def _remove(self, url: str, message: Mapping[str, Any]) -> None:
        self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _give_back(self, url: str, message: Mapping[str, Any]) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def _result(action: Action, message: Mapping[str, Any], order: Order, note: str = "") -> Result:
    return Result(
        action,
        message["MessageId"],
        order.member.name,
        input_of(order.event),
        order.reason,
        note,
        order.failure.log,
        _sent(message),
    )


def _sent(message: Mapping[str, Any]) -> float | None:
    text = message.get("Attributes", {}).get("SentTimestamp")
    return int(text) / 1000 if text else None


def _texts(message: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a message that are text."""
    attributes = message.get("MessageAttributes") or {}
    return {name: value.get("StringValue", "") for name, value in attributes.items()}
