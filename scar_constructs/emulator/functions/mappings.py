"""Event source mappings of queues: gather messages, call the function, remove what it has taken.

Messages are read and removed with the function's role, as Lambda does it, so that its policy has to
allow that. A window is a sixtieth of what the mapping says, as the minutes between Lambda's retries
are seconds here, and what the function gives back can be seen again after a second.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from scar_constructs.emulator.account_region import Scope
from scar_constructs.emulator.engine import StartError
from scar_constructs.emulator.functions.launch import Credentials
from scar_constructs.emulator.functions.records import to_function
from scar_constructs.emulator.ledger import Ledger
from scar_constructs.emulator.services import Emulator

Message = dict[str, Any]
READERS = 2
"""Of a mapping that says nothing: as many as Lambda has for a queue that was quiet."""
_MOST_READERS = 32
_CONCURRENCY = range(2, 1001)
WINDOW_PACE = 60
PAYLOAD_MAX_BYTES = 6 * 1024 * 1024
RETRY_SECONDS = 1
CLIENT_SECONDS = 3600.0
_PAUSE = 0.05
_AT_ONCE = 10
_LAMBDA = "lambda.amazonaws.com"


class QueueReaders:
    """Reads for every mapping, each with threads of its own. What lies in a queue that has a
    mapping is in the ledger."""

    def __init__(
        self, emulator: Emulator, ledger: Ledger, credentials: Credentials, endpoint: str
    ) -> None:
        self._emulator = emulator
        self._ledger = ledger
        self._credentials = credentials
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._entries: dict[str, int] = {}
        self._started: set[tuple[Scope, str]] = set()
        threading.Thread(target=self._watch, daemon=True).start()

    def arrived(self, queue_arn: str) -> None:
        """A message was put into a queue, by what is in the ledger itself."""
        if queue_arn in self._read_queues():
            with self._lock:
                if queue_arn not in self._entries and self._emulator.queues.count(queue_arn):
                    self._entries[queue_arn] = self._ledger.begin(f"messages of {queue_arn}")

    def _read_queues(self) -> set[str]:
        return {record["EventSourceArn"] for _, record in self._emulator.mappings.all()}

    def _watch(self) -> None:
        while True:
            time.sleep(_PAUSE)
            for scope, record in list(self._emulator.mappings.all()):
                known = (scope, record["UUID"])
                if known not in self._started:
                    self._started.add(known)
                    for _ in range(min(_concurrency(record) or READERS, _MOST_READERS)):
                        threading.Thread(target=self._read, args=known, daemon=True).start()
            self._settle()

    def _settle(self) -> None:
        """Take those queues out of the ledger that are empty, or that nothing reads any more."""
        read = self._read_queues()
        with self._lock:
            for arn in list(self._entries):
                if arn not in read or not self._emulator.queues.count(arn):
                    self._ledger.end(self._entries.pop(arn))

    def _read(self, scope: Scope, identifier: str) -> None:
        """Read for a mapping as long as there is one."""
        reader = _Reader(self._emulator, self._ledger, self._credentials, self._endpoint)
        while record := self._emulator.mappings.find(scope, identifier):
            with self._emulator.mappings.within(scope):
                if not self._emulator.queues.count(record["EventSourceArn"], visible=True):
                    time.sleep(_PAUSE)
                else:
                    reader.read(record)
        self._started.discard((scope, identifier))


class _Reader:
    """One of the threads that read for a mapping."""

    def __init__(
        self, emulator: Emulator, ledger: Ledger, credentials: Credentials, endpoint: str
    ) -> None:
        self._emulator = emulator
        self._ledger = ledger
        self._credentials = credentials
        self._endpoint = endpoint
        self._client: tuple[str, float, Any] | None = None

    def read(self, record: Mapping[str, Any]) -> None:
        """Gather a window, and have the function take it."""
        # Imported when needed: it takes longer than the rest of the start.
        from botocore.exceptions import BotoCoreError, ClientError

        function = self._emulator.functions.find(record["FunctionArn"])
        if function is None:
            time.sleep(RETRY_SECONDS)
            return
        arn = record["EventSourceArn"]
        try:
            client, url = self._connected(function, arn)
            messages = self._gathered(client, url, record)
            if messages:
                failed = self._call(function, record, messages)
                taken = [one for one in messages if one["MessageId"] not in failed]
                _remove(client, url, taken)
                back = [one["ReceiptHandle"] for one in messages if one["MessageId"] in failed]
                self._emulator.queues.show_again(arn, back, RETRY_SECONDS)
        except (BotoCoreError, ClientError, StartError) as error:
            name = to_function(function).name
            self._ledger.warn(f"Lambda cannot read {arn} for {name}: {error}")
            time.sleep(RETRY_SECONDS)

    def _connected(self, function: Mapping[str, Any], queue_arn: str) -> tuple[Any, str]:
        """A client with the function's role, and the address of the queue."""
        import boto3

        wanted = to_function(function)
        _, _, _, region, account, name = queue_arn.split(":")
        until = time.monotonic() + CLIENT_SECONDS
        if (
            not self._client
            or self._client[0] != wanted.role_arn
            or self._client[1] < time.monotonic()
        ):
            session = self._credentials(wanted.role_arn, _LAMBDA, wanted.name[:64])
            client = boto3.client(
                "sqs",
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id=session["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=session["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=session["AWS_SESSION_TOKEN"],
            )
            self._client = (wanted.role_arn, until, client)
        return self._client[2], f"{self._endpoint}/{account}/{name}"

    def _gathered(self, client: Any, url: str, record: Mapping[str, Any]) -> list[Message]:
        """What comes within the window, from the first message, up to the size of a batch or of a
        call's payload."""
        most = int(record["BatchSize"])
        window = int(record.get("MaximumBatchingWindowInSeconds") or 0) / WINDOW_PACE
        found: list[Message] = []
        size, until = 0, time.monotonic()
        while len(found) < most and size < PAYLOAD_MAX_BYTES:
            answer = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(_AT_ONCE, most - len(found)),
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            new = answer.get("Messages", [])
            if new and not found:
                until = time.monotonic() + window
            found += new
            size += sum(len(json.dumps(_record(record, one))) for one in new)
            if time.monotonic() >= until:
                break
            if not new:
                time.sleep(_PAUSE)
        return found

    def _call(
        self, function: Mapping[str, Any], record: Mapping[str, Any], messages: Sequence[Message]
    ) -> frozenset[str]:
        """Call the function; gives the ids of the messages that it has not taken."""
        everything = frozenset(one["MessageId"] for one in messages)
        event = {"Records": [_record(record, one) for one in messages]}
        answer = self._emulator.functions.execute(dict(function), event)
        if answer.get("error") or answer.get("throttle"):
            return everything
        if "ReportBatchItemFailures" not in (record.get("FunctionResponseTypes") or ()):
            return frozenset()
        return failed_of(answer.get("body"), everything)


def failed_of(body: Any, everything: frozenset[str]) -> frozenset[str]:
    """The messages that a partial answer gives back: none if it names none, and all of them if it
    cannot be read or names one that is not there.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if body is None:
        return frozenset()
    if not isinstance(body, Mapping):
        return everything
    failures = body.get("batchItemFailures")
    if not failures:
        return frozenset()
    try:
        named = frozenset(str(one["itemIdentifier"]) for one in failures)
    except (TypeError, LookupError):
        return everything
    return named if named <= everything else everything


def _concurrency(record: Mapping[str, Any]) -> int | None:
    return (record.get("ScalingConfig") or {}).get("MaximumConcurrency")


def mapping_fault(properties: Mapping[str, Any]) -> str | None:
    """Why Lambda refuses a mapping of a queue, or None.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    if ":sqs:" not in str(properties.get("EventSourceArn")):
        return None
    size = int(properties.get("BatchSize") or _AT_ONCE)
    window = int(properties.get("MaximumBatchingWindowInSeconds") or 0)
    if not 1 <= size <= 10_000:
        return f"Maximum batch size is 10000, got {size}"
    if not 0 <= window <= 300:
        return f"MaximumBatchingWindowInSeconds must be 0 to 300, got {window}"
    if size > _AT_ONCE and window < 1:
        return (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            f"greater than {_AT_ONCE}"
        )
    concurrency = _concurrency(properties)
    if concurrency is not None and int(concurrency) not in _CONCURRENCY:
        return f"MaximumConcurrency must be 2 to 1000, got {concurrency}"
    return None


def _remove(client: Any, url: str, messages: Sequence[Message]) -> None:
    for begin in range(0, len(messages), _AT_ONCE):
        entries = [
            {"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]}
            for number, one in enumerate(messages[begin : begin + _AT_ONCE])
        ]
        client.delete_message_batch(QueueUrl=url, Entries=entries)


def _record(record: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """A message as Lambda hands it on: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    arn = record["EventSourceArn"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: value for key, value in given.items()}
            for name, given in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }
