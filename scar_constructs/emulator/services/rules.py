"""EventBridge: events of ours, and whom rules may send to."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Rules:
    """The emulated EventBridge."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def publish(self, source: str, kind: str, resources: list[str], detail: str) -> None:
        entry = {"Source": source, "DetailType": kind, "Resources": resources, "Detail": detail}
        self._modules.eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    def follow(self, bucket: str) -> bool:
        """Whether a rule that is switched on waits for events of this bucket."""
        for rule in self._modules.eventbridge._rules.values():
            pattern = json.loads(rule.get("EventPattern") or "{}")
            names = pattern.get("detail", {}).get("bucket", {}).get("name", ())
            is_on = rule.get("State", "ENABLED") == "ENABLED"
            if is_on and "aws.s3" in pattern.get("source", ()) and bucket in names:
                return True
        return False

    def put_targets(
        self, to_function: Callable[[str, Any, str], None], allows_queue: Callable[[str, str], bool]
    ) -> None:
        """Deliver what EventBridge's rules match: `to_function(function ARN, event, rule ARN)`,
        and to a queue only if `allows_queue(queue ARN, rule ARN)`."""
        bridge = self._modules.eventbridge
        rule_arn: contextvars.ContextVar[str] = contextvars.ContextVar("rule_arn")
        invoke, to_queue = bridge._invoke_target, bridge._dispatch_to_sqs

        def invoke_target(target: Record, event: Record, rule: Record, view: Any = None) -> None:
            token = rule_arn.set(rule.get("Arn", ""))
            try:
                invoke(target, event, rule, view)
            finally:
                rule_arn.reset(token)

        def dispatch_to_sqs(spec: Any, payload: str, parameters: Record | None = None) -> None:
            if allows_queue(str(spec), rule_arn.get()):
                to_queue(spec, payload, parameters)

        def dispatch_to_lambda(arn: str, payload: str) -> None:
            to_function(arn, json.loads(payload), rule_arn.get())

        bridge._invoke_target = invoke_target
        bridge._dispatch_to_sqs = dispatch_to_sqs
        bridge._dispatch_to_lambda = dispatch_to_lambda
