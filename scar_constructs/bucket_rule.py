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

from scar_constructs.failures import Failures
from scar_constructs.fdl.workflow import Notification


class BucketRule(Construct):
    """A rule on `Object Created` events, and the permission to invoke the function.

    Level 1, like the rule of failed jobs: the failure queue has one statement for all rules.
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
    ) -> None:
        super().__init__(scope, construct_id)
        self._rule = rule = events.CfnRule(
            self,
            "Rule",
            description=f"new objects of {bucket}",
            event_pattern=event_pattern(bucket, filters),
            state=None if enabled else "DISABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    arn=function.function_arn,
                    id="Function",
                    # What EventBridge could not hand over; what the function failed at goes to
                    # the same queue by the function's own configuration.
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=failures.services.queue_arn
                    ),
                )
            ],
        )
        self._permission = lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )

    @property
    def resources(self) -> tuple[CfnResource, ...]:
        """What must be there before the bucket's events can start the function."""
        return (self._rule, self._permission)


def event_pattern(bucket: str, filters: Sequence[Notification]) -> dict[str, object]:
    """The events of new objects whose keys pass any of the filters.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    detail: dict[str, object] = {"bucket": {"name": [bucket]}}
    matchers = [_matcher(one) for one in filters]
    if matchers and all(matchers):
        detail["object"] = {"key": matchers}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _matcher(one: Notification) -> dict[str, str]:
    """How the pattern says a filter; empty when every key passes."""
    if one.prefix and one.suffix:
        return {"wildcard": f"{_literal(one.prefix)}*{_literal(one.suffix)}"}
    if one.prefix:
        return {"prefix": one.prefix}
    return {"suffix": one.suffix} if one.suffix else {}


def _literal(text: str) -> str:
    """Text inside a wildcard matcher, where `*` and the backslash have meanings."""
    return text.replace("\\", "\\\\").replace("*", "\\*")
