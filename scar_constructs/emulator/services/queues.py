"""SQS: what the policies of queues allow, and who sent a message."""

from __future__ import annotations

from typing import Any

from scar_constructs.emulator.services.names import Modules, Record, scope_of


class Queues:
    """The emulated SQS."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def allow(self, queue_arn: str, service: str, source_arn: str) -> bool:
        account = scope_of(self._modules).account
        return bool(self._modules.sqs.queue_policy_allows(queue_arn, service, source_arn, account))

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
