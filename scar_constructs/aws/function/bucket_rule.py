"""New keys of a bucket start a function through EventBridge.

For buckets that are not ours, whose notifications belong to somebody else, and for filters that
overlap, which S3 refuses in notifications. The rule names the bucket literally, so that it may
stand in any stack.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnResource
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from scar_constructs.aws.function.function_queue import FunctionQueue
from scar_constructs.aws.policy.principals import EVENTS
from scar_constructs.aws.shared.failures import Failures
from scar_constructs.language.workflow.event_patterns import Pattern, event_patterns
from scar_constructs.language.workflow.join import Notification


class BucketRule(Construct):
    """Rules on `Object Created` events, and for each the permission to invoke the function, or to
    send to its queue.

    One rule is enough, unless the filters are too many for its pattern. Level 1, like the rule of
    failed jobs: the failure queue has one statement for all rules.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: str,
        filters: Sequence[Notification],
        enabled: bool,
        function: lambda_.IFunction,
        failures: Failures,
        queue: FunctionQueue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._enabled = enabled
        self._function = function
        self._failures = failures
        self._queue = queue
        self._resources: list[CfnResource] = []
        for number, pattern in enumerate(event_patterns(bucket, filters), start=1):
            self._add_rule("" if number == 1 else str(number), pattern)

    def _add_rule(self, number: str, pattern: Pattern) -> None:
        rule = events.CfnRule(
            self,
            f"Rule{number}",
            description=f"new objects of {self._bucket}",
            event_pattern=pattern,
            state=None if self._enabled else "DISABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    arn=self._queue.queue.queue_arn if self._queue else self._function.function_arn,
                    id="Function",
                    # What EventBridge could not hand over; what the function failed at goes to
                    # the same queue by the function's own configuration.
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self._failures.services.queue_arn
                    ),
                )
            ],
        )
        self._resources += [rule, self._permission(number, rule)]

    def _permission(self, number: str, rule: events.CfnRule) -> CfnResource:
        if self._queue:
            self._queue.allow_rule(rule)
            return self._queue.policy
        return lambda_.CfnPermission(
            self,
            f"Invoke{number}",
            action="lambda:InvokeFunction",
            function_name=self._function.function_arn,
            principal=EVENTS,
            source_arn=rule.attr_arn,
        )

    @property
    def resources(self) -> tuple[CfnResource, ...]:
        """What must be there before the bucket's events can start the function."""
        return tuple(self._resources)
