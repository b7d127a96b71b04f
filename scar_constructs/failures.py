"""Where failed events wait for a person: one queue per stack.

Lambda sends what it gave up (OnFailure destination: the event, the error and the cause), and
EventBridge sends what Batch gave up (state change FAILED).
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, CfnOutput, CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from scar_constructs.compliance import acknowledge
from scar_constructs.defaults import FAILURE_RETENTION_DAYS, FAILURES_OUTPUT


class Failures(Construct):
    """The failure queue of one stack, encrypted, TLS only, open to rules of its account and region.

    `kms_key`: ARN of the key that encrypts it; without one it is a key that SQS manages.
    """

    def __init__(self, scope: Construct, construct_id: str, *, kms_key: str | None = None) -> None:
        super().__init__(scope, construct_id)
        self._queue = sqs.Queue(
            self,
            "Queue",
            encryption=(sqs.QueueEncryption.KMS if kms_key else sqs.QueueEncryption.SQS_MANAGED),
            encryption_master_key=(kms.Key.from_key_arn(self, "Key", kms_key) if kms_key else None),
            enforce_ssl=True,
            retention_period=Duration.days(FAILURE_RETENTION_DAYS),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._queue.add_to_resource_policy(self._from_rules())
        last_stop = "this queue is itself where failed events end; nothing reads it but a person"
        reasons = {"AwsSolutions-SQS3": last_stop, "Serverless-SQSRedrivePolicy": last_stop}
        if not kms_key:
            reasons["CKV_AWS_27"] = "encrypted with keys that SQS manages"
        acknowledge(cast(CfnResource, self._queue.node.default_child), reasons)

        CfnOutput(
            self,
            "Url",
            description=FAILURES_OUTPUT,
            value=self._queue.queue_url,
        )

    def _from_rules(self) -> iam.PolicyStatement:
        """One statement for the rules of this account and region, whatever their names.

        CloudFormation makes up the rules' names and cuts them, so that no pattern holds for those
        of the stack; and a list of their ARNs would not fit into the policy of a large file.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
        """
        rules = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:rule/*"
        return iam.PolicyStatement(
            sid="FromRules",
            principals=[cast(iam.IPrincipal, iam.ServicePrincipal("events.amazonaws.com"))],
            actions=["sqs:SendMessage"],
            resources=[self._queue.queue_arn],
            conditions={
                "ArnLike": {"aws:SourceArn": rules},
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            },
        )

    @property
    def queue(self) -> sqs.Queue:
        return self._queue
