"""SQS: what the policies of queues allow."""

from __future__ import annotations

from local.cloud.emulator.names import Modules, scope_of


class Queues:
    """The emulated SQS."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def allow(self, queue_arn: str, service: str, source_arn: str) -> bool:
        account = scope_of(self._modules).account
        return bool(self._modules.sqs.queue_policy_allows(queue_arn, service, source_arn, account))
