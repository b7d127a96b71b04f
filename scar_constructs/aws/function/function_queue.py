"""The queue through which a function's files come: so that many of them become one array job, or
so that they wait while the function has no room.

S3 or EventBridge send to it; Lambda gathers what comes within the window, if there is one, and
calls the function with it. What failed too often goes to the failure queue of services, to which no
role may send: so none may send to this queue either.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.compliance import acknowledge
from scar_constructs.aws.policy.principals import EVENTS, S3
from scar_constructs.aws.shared.failures import from_services_only
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.language.grants import arns
from scar_constructs.model import Function, limits, names
from scar_constructs.model.queue import EventQueue


class FunctionQueue(Construct):
    """A function's queue, and the mapping by which Lambda reads it for `made`. The stack's key
    encrypts it; without one it is a key that SQS manages."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: Function,
        settings: EventQueue,
        made: lambda_.Function,
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        kms_key = shared.options.kms_key
        key = kms.Key.from_key_arn(self, "Key", kms_key) if kms_key else None
        self._queue = sqs.Queue(
            self,
            "Queue",
            queue_name=names.event_queue(function.name),
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(settings.hidden_seconds),
            retention_period=Duration.days(limits.QUEUE_RETENTION_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=shared.failures.services, max_receive_count=settings.receives
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )
        if not key:
            resource = cast(CfnResource, self._queue.node.default_child)
            acknowledge(resource, {"CKV_AWS_27": "encrypted with keys that SQS manages"})
        self._late_seconds = settings.late_seconds
        self._queue.add_to_resource_policy(from_services_only(self._queue))
        self._senders: dict[str, tuple[iam.PolicyStatement, list[str]]] = {}
        self._read(settings, made)

    @property
    def queue(self) -> sqs.Queue:
        return self._queue

    @property
    def late_seconds(self) -> int:
        """After which age of a message somebody has to look at the queue."""
        return self._late_seconds

    @property
    def policy(self) -> CfnResource:
        """What must be there before anything may send."""
        (made,) = [
            one for one in self._queue.node.find_all() if isinstance(one, sqs.CfnQueuePolicy)
        ]
        return made

    def allow_bucket(self, bucket: str) -> None:
        """Let the notifications of this bucket, in this account, into the queue."""
        self._allow("FromBuckets", S3, naming.resolved(arns.bucket_arn(bucket)))

    def allow_rule(self, rule: events.CfnRule) -> None:
        """Let this rule of EventBridge send to the queue."""
        self._allow("FromRules", EVENTS, rule.attr_arn)

    def _allow(self, sid: str, service: str, source: str) -> None:
        """Add a source to the one statement of a service."""
        if service not in self._senders:
            statement = iam.PolicyStatement(
                sid=sid,
                principals=[cast(iam.IPrincipal, iam.ServicePrincipal(service))],
                actions=["sqs:SendMessage"],
                resources=[self._queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
            self._queue.add_to_resource_policy(statement)
            self._senders[service] = (statement, [])
        statement, sources = self._senders[service]
        sources.append(source)
        statement.add_condition("ArnEquals", {"aws:SourceArn": sources})

    def _read(self, settings: EventQueue, made: lambda_.Function) -> None:
        """Level 1: level 2 would add statements to the role, which has its own."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=made.function_arn,
            event_source_arn=self._queue.queue_arn,
            batch_size=settings.batch,
            maximum_batching_window_in_seconds=settings.window_seconds or None,
            # A call for one message succeeds or fails with it.
            function_response_types=["ReportBatchItemFailures"] if settings.batch > 1 else None,
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=settings.concurrency
            ),
        )
        last_stop = "a mapping of SQS knows none: what fails goes to the dead-letter queue"
        acknowledge(mapping, {"Serverless-LambdaEventSourceMappingDestination": last_stop})
