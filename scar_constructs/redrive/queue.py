"""Go through the messages of a failure queue once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.redrive.failures import Failure, RedriveError, input_of, read_failure
from scar_constructs.redrive.jobs import Spool

HIDDEN_SECONDS = 120
"""For how long a message that we look at is nobody else's: far longer than an invocation takes to
be accepted. One that was not redriven is given back at once."""
_BATCH = 10
_ACCEPTED = 202
_FAULTS = (RedriveError, ClientError, BotoCoreError)


class Action(Enum):
    """What became of one message."""

    REDRIVEN = "redriven"
    FOUND = "found"
    SETTLED = "settled"
    KEPT = "kept"


@dataclass(frozen=True)
class Result:
    """One message: of which function and input, why it failed, and what was done about it."""

    action: Action
    function: str | None
    input: str | None
    reason: str
    note: str = ""


@dataclass(frozen=True)
class Services:
    """Clients of boto3, made by the command."""

    sqs: Any
    functions: Any
    s3: Any


class Queue:
    """The failure queue at `url`."""

    def __init__(self, services: Services, url: str) -> None:
        self._sqs = services.sqs
        self._functions = services.functions
        self._spool = Spool(services.s3)
        self._url = url
        self._given: set[str] = set()

    def look(self) -> Iterator[Result]:
        """What lies in the queue, of which nothing is changed."""
        for message in self._messages(set()):
            try:
                failure = _read(message)
                event, _ = self._event(failure)
                yield _result(Action.FOUND, failure, event)
            except _FAULTS as error:
                yield Result(Action.KEPT, None, None, "", str(error))

    def redrive(self) -> Iterator[Result]:
        """Give each event to its function again. A message is removed only after that was
        accepted; one that cannot be redriven stays, and is told with the reason."""
        removed: set[str] = set()
        for message in self._messages(removed):
            failure = None
            try:
                failure = _read(message)
                result = self._redrive(failure)
                if result.action is not Action.KEPT:
                    self._remove(message)
                    removed.add(message["MessageId"])
                yield result
            except _FAULTS as error:
                yield _result(Action.KEPT, failure, failure and failure.event, str(error))

    def _redrive(self, failure: Failure) -> Result:
        event, claim = self._event(failure)
        identity = json.dumps([failure.function, event], sort_keys=True)
        if identity in self._given:  # failed again meanwhile: to try on would never end
            return _result(
                Action.KEPT, failure, event, "failed again, after it was redriven a moment ago"
            )
        if failure.job and claim and not self._spool.release(failure.job, claim):
            return _result(Action.SETTLED, failure, event, "another run has it, or has done it")
        answer = self._functions.invoke(
            FunctionName=failure.function,
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
        if answer["StatusCode"] != _ACCEPTED:
            raise RedriveError(f"the invocation was answered with {answer['StatusCode']}")
        self._given.add(identity)
        return _result(Action.REDRIVEN, failure, event)

    def _event(self, failure: Failure) -> tuple[Any, str | None]:
        if failure.job is None:
            return failure.event, None
        return self._spool.event(failure.job)

    def _messages(self, removed: Set[str]) -> Iterator[Mapping[str, Any]]:
        """Each message once. All stay hidden until the end, when those that are not `removed`
        can be seen by others again."""
        seen: dict[str, Mapping[str, Any]] = {}
        try:
            while found := self._receive():
                new = [message for message in found if message["MessageId"] not in seen]
                seen |= {message["MessageId"]: message for message in found}
                yield from new
        finally:
            for name, message in seen.items():
                if name not in removed:
                    self._give_back(message)

    def _receive(self) -> Sequence[Mapping[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        found: Sequence[Mapping[str, Any]] = answer.get("Messages", ())
        return found

    def _remove(self, message: Mapping[str, Any]) -> None:
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _give_back(self, message: Mapping[str, Any]) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def _result(action: Action, failure: Failure | None, event: Any, note: str = "") -> Result:
    if failure is None:
        return Result(action, None, None, "", note)
    return Result(action, failure.function, input_of(event), failure.reason, note)


def _read(message: Mapping[str, Any]) -> Failure:
    attributes = {
        name: value.get("StringValue", "")
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    return read_failure(message["Body"], attributes)
