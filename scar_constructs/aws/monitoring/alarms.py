"""Who is told when something is wrong, and of what.

Every alarm goes to one topic. An alarm is paid for; without the key `alarms` there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import Aws, CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.aws.function.function_queue import FunctionQueue
from scar_constructs.aws.monitoring.metrics import LOOPS, count_loops
from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.shared.failures import Failures
from scar_constructs.model import Alarms

DAY_SECONDS = 86_400
PERIOD_SECONDS = 300
_BLOCKED = "Batch Job Queue Blocked"
"""https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html"""
_UNENCRYPTED = (
    "messages name the alarm and the stack, nothing of files; with the key that SNS manages "
    "CloudWatch could not publish"
)


class StackAlarms(Construct):
    """The alarms of one stack. `queues` are the ARNs of its job queues, `rules` its
    rules by names that stay the same."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack: str,
        alarms: Alarms,
        failures: Failures,
        functions: Mapping[str, ScarFunction],
        queues: Sequence[str],
        rules: Mapping[str, events.CfnRule],
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = alarms.topic or self._new_topic(alarms.email or "")
        self._of_failures("Failures", failures.functions, "events that failed for good")
        if failures.has_services:
            self._of_failures("Jobs", failures.services, "jobs that failed, or events undelivered")
        for name, made in functions.items():
            self._alarm(
                f"Throttles-{name}",
                f"Lambda refused calls of {name}: its `concurrency`, or the account limit",
                "AWS/Lambda",
                "Throttles",
                "Sum",
                {"FunctionName": made.lambda_function.function_name},
            )
            if made.queue:
                self._of_queue(name, made.queue)
        for name, rule in rules.items():
            self._alarm(
                f"Undelivered-{name}",
                f"EventBridge could not hand over events ({rule.description})",
                "AWS/Events",
                "FailedInvocations",
                "Sum",
                {"RuleName": rule.ref},
            )
        count_loops(self, functions, stack)
        text = "a file came through 20 functions and was stopped: the workflow runs in a circle"
        self._alarm("Loops", text, f"SCAR/{stack}", LOOPS, "Sum", {})
        if queues:
            self._tell_of_blocked(queues)

    def _new_topic(self, email: str) -> str:
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FromAlarmsAndRules",
                principals=[
                    cast(iam.IPrincipal, iam.ServicePrincipal(f"{name}.amazonaws.com"))
                    for name in ("cloudwatch", "events")
                ],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        subscription = sns.CfnSubscription(
            self, "Email", protocol="email", topic_arn=topic.topic_arn, endpoint=email
        )
        unsent = "a mail that did not arrive is nothing that anybody would send again"
        acknowledge(subscription, {"Serverless-SNSRedrivePolicy": unsent})
        reasons = {f"{pack}-SNSEncryptedKMS": _UNENCRYPTED for pack in STRICT_PACKS}
        reasons |= {"AwsSolutions-SNS2": _UNENCRYPTED, "CKV_AWS_26": _UNENCRYPTED}
        acknowledge(cast(CfnResource, topic.node.default_child), reasons)
        return topic.topic_arn

    def _of_failures(self, name: str, queue: sqs.Queue, what: str) -> None:
        dimensions = {"QueueName": queue.queue_name}
        self._alarm(
            f"{name}Wait",
            f"{what}: `scar failures` shows them",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            dimensions,
        )
        self._alarm(
            f"{name}Old",
            f"{what}, for more than a day: after 14 days they are gone",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            dimensions,
            above=DAY_SECONDS,
        )

    def _of_queue(self, name: str, queue: FunctionQueue) -> None:
        self._alarm(
            f"Queued-{name}",
            f"files wait in the queue of {name}: Lambda cannot read it, or the function fails",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            {"QueueName": queue.queue.queue_name},
            above=queue.late_seconds,
        )

    def _alarm(
        self,
        construct_id: str,
        description: str,
        namespace: str,
        metric: str,
        statistic: str,
        dimensions: Mapping[str, str],
        above: int = 0,
    ) -> None:
        """An alarm of one metric in one period. No figure means that nothing is wrong."""
        cloudwatch.CfnAlarm(
            self,
            construct_id,
            alarm_description=description,
            namespace=namespace,
            metric_name=metric,
            statistic=statistic,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in dimensions.items()
            ],
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=above,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self._topic],
        )

    def _tell_of_blocked(self, queues: Sequence[str]) -> None:
        """Batch has no metric for a queue whose first job can never run, but an event."""
        rule = events.CfnRule(
            self,
            "Blocked",
            description="job queues whose first job cannot run",
            event_pattern={
                "source": ["aws.batch"],
                "detail-type": [_BLOCKED],
                "detail": {"jobQueue": list(queues)},
            },
            targets=[events.CfnRule.TargetProperty(arn=self._topic, id="Topic")],
        )
        again = "Batch tells of a blocked queue again; the failure queues hold events of functions"
        acknowledge(rule, {"Serverless-EventBusDLQ": again})
