"""Where failed events wait for a person: two queues per stack, one for each kind of sender.

- `functions`: what Lambda gave up (OnFailure destination: the event, the error and the cause).
  Lambda sends with the role of the function, so an image that runs on Lambda may write here
  whatever it likes: `redrive` holds each message against the role that sent it.
- `services`: failed jobs (Batch's state changes, by a rule), and events that EventBridge could not
  hand over. Only services may send here, whatever rights a role has; so a role of a function
  cannot speak for Batch. It is made when the first sender asks for it.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, CfnOutput, CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from scar_constructs.aws.policy.compliance import acknowledge
from scar_constructs.model.limits import (
    FAILURE_RETENTION_DAYS,
    FAILURES_OUTPUT,
    SERVICE_FAILURES_OUTPUT,
)


class Failures(Construct):
    """The failure queues of one stack, encrypted, TLS only.

    `kms_key`: ARN of the key that encrypts them; without one it is a key that SQS manages.
    """

    def __init__(self, scope: Construct, construct_id: str, *, kms_key: str | None = None) -> None:
        super().__init__(scope, construct_id)
        self._kms_key = kms.Key.from_key_arn(self, "Key", kms_key) if kms_key else None
        self._functions = self._new_queue("Queue", "Url", FAILURES_OUTPUT)
        self._services: sqs.Queue | None = None

    @property
    def functions(self) -> sqs.Queue:
        """For functions, which send with their own roles."""
        return self._functions

    @property
    def services(self) -> sqs.Queue:
        """For the rules of EventBridge."""
        if self._services is None:
            self._services = self._new_queue("ServiceQueue", "ServiceUrl", SERVICE_FAILURES_OUTPUT)
            for statement in (_from_rules(self._services), from_services_only(self._services)):
                self._services.add_to_resource_policy(statement)
        return self._services

    @property
    def has_services(self) -> bool:
        """Whether anything has asked for the queue of services."""
        return self._services is not None

    @property
    def queues(self) -> tuple[sqs.Queue, ...]:
        """Those that there are."""
        return (self._functions, *((self._services,) if self._services else ()))

    def _new_queue(self, name: str, output: str, description: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            encryption=(
                sqs.QueueEncryption.KMS if self._kms_key else sqs.QueueEncryption.SQS_MANAGED
            ),
            encryption_master_key=self._kms_key,
            enforce_ssl=True,
            retention_period=Duration.days(FAILURE_RETENTION_DAYS),
            removal_policy=RemovalPolicy.DESTROY,
        )
        last_stop = "this queue is itself where failed events end; nothing reads it but a person"
        reasons = {"AwsSolutions-SQS3": last_stop, "Serverless-SQSRedrivePolicy": last_stop}
        if not self._kms_key:
            reasons["CKV_AWS_27"] = "encrypted with keys that SQS manages"
        acknowledge(cast(CfnResource, queue.node.default_child), reasons)
        CfnOutput(self, output, description=description, value=queue.queue_url)
        return queue


def _from_rules(queue: sqs.Queue) -> iam.PolicyStatement:
    """One statement for the rules of this account and region, whatever their names.

    CloudFormation makes up the rules' names and cuts them, so that no pattern holds for those of
    the stack; and a list of their ARNs would not fit into the policy of a large file.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
    """
    rules = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule/*"
    return iam.PolicyStatement(
        sid="FromRules",
        principals=[cast(iam.IPrincipal, iam.ServicePrincipal("events.amazonaws.com"))],
        actions=["sqs:SendMessage"],
        resources=[queue.queue_arn],
        conditions={
            "ArnLike": {"aws:SourceArn": rules},
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
        },
    )


def from_services_only(queue: sqs.Queue) -> iam.PolicyStatement:
    """No role or user may send, whatever its own policies grant.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    """
    return iam.PolicyStatement(
        sid="FromNothingElse",
        effect=iam.Effect.DENY,
        principals=[cast(iam.IPrincipal, iam.AnyPrincipal())],
        actions=["sqs:SendMessage"],
        resources=[queue.queue_arn],
        conditions={"Bool": {"aws:PrincipalIsAWSService": "false"}},
    )
