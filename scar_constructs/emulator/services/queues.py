"""SQS: what the policies of queues allow, and who sent a message."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record, scope_of

_S3 = "s3.amazonaws.com"


def _alone(lock: threading.RLock, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def run(*arguments: Any, **named: Any) -> Any:
        with lock:
            return call(*arguments, **named)

    return run


class Queues:
    """The emulated SQS."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def allow(self, queue_arn: str, service: str, source_arn: str) -> bool:
        account = scope_of(self._modules).account
        return bool(self._modules.sqs.queue_policy_allows(queue_arn, service, source_arn, account))

    def count(self, queue_arn: str, *, visible: bool = False) -> int:
        """How many messages lie in a queue; if only `visible` ones are meant, those that a reader
        would get."""
        queue = self._modules.sqs._queue_by_arn(queue_arn)
        messages = queue["messages"] if queue else ()
        now = time.time()
        return sum(not visible or one["visible_at"] <= now for one in messages)

    def show_again(self, queue_arn: str, receipts: Collection[str], seconds: float) -> None:
        """Hide messages that were read for so long, and no longer."""
        queue = self._modules.sqs._queue_by_arn(queue_arn)
        for message in queue["messages"] if queue else ():
            if message["receipt_handle"] in receipts:
                message["visible_at"] = time.time() + seconds

    def put_arrivals(
        self, arrived: Callable[[str], None], refused: Callable[[str, str], None]
    ) -> None:
        """Tell `arrived(queue ARN)` of what S3 and EventBridge have put into a queue, and
        `refused(queue ARN, bucket)` of what a queue's policy keeps out.

        They do so in threads of their own, while requests put other lists in the place of a
        queue's: one after the other, so that no message goes with the list that is replaced.
        """
        storage, bridge, sqs = self._modules.s3, self._modules.eventbridge, self._modules.sqs
        lock = threading.RLock()
        for name in ("_dlq_sweep", "_expire_retained"):
            setattr(sqs, name, _alone(lock, getattr(sqs, name)))
        for action in ("DeleteMessage", "DeleteMessageBatch", "PurgeQueue"):
            sqs._HANDLERS[action] = _alone(lock, sqs._HANDLERS[action])
        from_bucket = _alone(lock, storage._deliver_event_to_sqs)
        from_rule = _alone(lock, bridge._dispatch_to_sqs)

        def deliver(arn: str, event: Record, region: str, bucket_name: str = "") -> None:
            if not self.allow(arn, _S3, f"arn:aws:s3:::{bucket_name}"):
                refused(arn, bucket_name)
                return
            from_bucket(arn, event, region, bucket_name)
            arrived(arn)

        def dispatch(spec: Any, payload: str, parameters: Record | None = None) -> None:
            from_rule(spec, payload, parameters)
            arrived(str(spec))

        storage._deliver_event_to_sqs = deliver
        bridge._dispatch_to_sqs = dispatch

    def put_senders(self) -> None:
        """Give each message the id of its sender: of a role's session, ROLE-ID:SESSION-NAME.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        original = self._modules.sqs._build_send_sys_attrs
        sessions = self._modules.sts._sessions
        key = self._modules.iam_evaluator._verified_key

        def build(now: float, given: Any) -> Record:
            made: Record = original(now, given)
            session = sessions.get(key.get())
            return {**made, "SenderId": session["UserId"]} if session else made

        self._modules.sqs._build_send_sys_attrs = build
