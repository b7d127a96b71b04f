"""Where events go whose function failed for good: an SQS queue, sent to with the function's role.

Forms: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scar_constructs.emulator.engine import StartError
from scar_constructs.emulator.functions.launch import Credentials
from scar_constructs.emulator.functions.specification import Function

_LAMBDA = "lambda.amazonaws.com"


class DeliveryError(Exception):
    """A failed event could not be sent, as when the function's role may not send to the queue."""


@dataclass(frozen=True)
class FailedEvent:
    """An event whose last attempt, number `attempts`, answered `error` (a JSON document)."""

    event: Any
    request_id: str
    attempts: int
    error: Any


class FailureQueues:
    """Sends failed events to queues, so that the function's role needs sqs:SendMessage.

    Both ways of sending raise `DeliveryError`.
    """

    def __init__(self, credentials: Credentials, endpoint: str) -> None:
        self._credentials = credentials
        self._endpoint = endpoint

    def send_record(self, queue_arn: str, function: Function, failed: FailedEvent) -> None:
        """To an on-failure destination: the event in a record of what happened."""
        record = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "requestContext": {
                "requestId": failed.request_id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": failed.attempts,
            },
            "requestPayload": failed.event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": failed.error,
        }
        self._send(queue_arn, function, MessageBody=json.dumps(record))

    def send_event(self, queue_arn: str, function: Function, failed: FailedEvent) -> None:
        """To a dead-letter queue: the event itself, with the error in attributes."""
        error = failed.error if isinstance(failed.error, Mapping) else {}
        texts = {
            "RequestID": failed.request_id,
            "ErrorCode": "200",
            "ErrorMessage": str(error.get("errorMessage", ""))[:1024] or "unknown",
        }
        attributes = {
            name: {"DataType": "String", "StringValue": text} for name, text in texts.items()
        }
        self._send(
            queue_arn,
            function,
            MessageBody=json.dumps(failed.event),
            MessageAttributes=attributes,
        )

    def _send(self, queue_arn: str, function: Function, **message: Any) -> None:
        # Imported when needed: it takes longer than the rest of the start.
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        region, account, name = queue_arn.split(":")[3:6]
        try:
            session = self._credentials(function.role_arn, _LAMBDA, function.name[:64])
            client = boto3.client(
                "sqs",
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id=session["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=session["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=session["AWS_SESSION_TOKEN"],
            )
            client.send_message(QueueUrl=f"{self._endpoint}/{account}/{name}", **message)
        except (BotoCoreError, ClientError, StartError) as error:
            raise DeliveryError(str(error)) from error
