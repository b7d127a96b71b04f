"""A schedule on which a function looks for groups that are not whole in time."""

from __future__ import annotations

import json

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from scar_constructs.aws.shared.failures import Failures
from scar_constructs.model.joins import EVENT, look_every_minutes

ORDER = {EVENT: "overdue"}
"""The runtime knows it (`scar_runtime.events.joined`)."""


class OverdueRule(Construct):
    """The rule, and the permission to invoke the function. `after_seconds` is the time that the
    join gives its groups."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        after_seconds: int,
        enabled: bool,
        function: lambda_.IFunction,
        failures: Failures,
    ) -> None:
        super().__init__(scope, construct_id)
        minutes = look_every_minutes(after_seconds)
        rule = events.CfnRule(
            self,
            "Rule",
            description="groups of files that are not whole in time",
            schedule_expression=f"rate({minutes} minutes)",
            state=None if enabled else "DISABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    arn=function.function_arn,
                    id="Function",
                    input=json.dumps(ORDER),
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=failures.services.queue_arn
                    ),
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
