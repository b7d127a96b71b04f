"""Sole owner of a workflow's buckets and of their notifications.

Notifications are properties of the bucket, so that CloudFormation itself sets and removes them:
CDK's own way is a custom resource with a helper function that needs rights over every bucket.
S3 checks that it may invoke a function when the notification is set, hence bucket after permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import quote_plus

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from scar_constructs.aws.buckets.replication import replicate
from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.shared.access_logs import log_access, not_logged
from scar_constructs.aws.shared.retention import KEPT_ONCE_DEPLOYED
from scar_constructs.language.grants import arns
from scar_constructs.language.workflow.join import Bucket, Notification
from scar_constructs.model import BucketSettings, names
from scar_constructs.model.limits import FAILURE_RETENTION_DAYS

NOTIFIED_EVENT = "s3:ObjectCreated:*"

NOT_LOGGED = "a log bucket is the owner's choice (`access_logs`); trails belong to CloudTrail"
NOT_REPLICATED = "a second copy is the owner's choice (`replicate_to`), and paid by the byte"
S3_KEYS = "encrypted with keys that S3 manages; `kms_key` in the YAML file takes a key of your own"
UNVERSIONED = "the YAML file says `versioned: false`"


class Buckets(Construct):
    """The buckets that one stack owns. `functions`: those of the same stack, by name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        buckets: Iterable[Bucket],
        functions: Mapping[str, ScarFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions = functions
        self._buckets = {
            bucket.name: self._new_bucket(bucket)
            for bucket in buckets
            if not bucket.settings.existing
        }

    @property
    def by_name(self) -> Mapping[str, s3.Bucket]:
        return dict(self._buckets)

    def _new_bucket(self, bucket: Bucket) -> s3.Bucket:
        settings = bucket.settings
        scope = Construct(self, naming.construct_id(bucket.name))
        created = s3.Bucket(
            scope,
            "Bucket",
            bucket_name=bucket.name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=settings.versioned,
            removal_policy=KEPT_ONCE_DEPLOYED,
            encryption=(
                s3.BucketEncryption.KMS if settings.kms_key else s3.BucketEncryption.S3_MANAGED
            ),
            encryption_key=_key(scope, settings.kms_key),
            bucket_key_enabled=True if settings.kms_key else None,
            lifecycle_rules=_lifecycle(settings),
        )
        resource = cast(s3.CfnBucket, created.node.default_child)
        self._notify(bucket, resource)
        if settings.access_logs:
            log_access(resource, settings.access_logs, bucket.name)
        replicate(scope, resource, bucket.name, settings)
        acknowledge(resource, _reasons(settings))
        return created

    def _notify(self, bucket: Bucket, resource: s3.CfnBucket) -> None:
        if bucket.event_bridge:
            resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            )
        elif bucket.notifications:
            to_functions = [one for one in bucket.notifications if not one.to_queue]
            to_queues = [one for one in bucket.notifications if one.to_queue]
            resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                lambda_configurations=[self._lambda_configuration(one) for one in to_functions]
                or None,
                queue_configurations=[self._queue_configuration(one) for one in to_queues] or None,
            )
        # S3 asks for the permissions; rules that come later than the bucket would miss events.
        for function in self._functions.values():
            for starter in function.starters.get(bucket.name, ()):
                resource.add_resource_dependency(starter)

    def _lambda_configuration(
        self, notification: Notification
    ) -> s3.CfnBucket.LambdaConfigurationProperty:
        return s3.CfnBucket.LambdaConfigurationProperty(
            event=NOTIFIED_EVENT,
            function=self._function_arn(notification.function_name),
            filter=_filter(notification),
        )

    def _queue_configuration(
        self, notification: Notification
    ) -> s3.CfnBucket.QueueConfigurationProperty:
        queue = arns.queue_arn(names.event_queue(notification.function_name))
        return s3.CfnBucket.QueueConfigurationProperty(
            event=NOTIFIED_EVENT, queue=naming.resolved(queue), filter=_filter(notification)
        )

    def _function_arn(self, name: str) -> str:
        """Of this stack by reference; of another by name, which makes no export and no ring."""
        own = self._functions.get(name)
        return own.lambda_function.function_arn if own else naming.resolved(arns.function_arn(name))


def _filter(notification: Notification) -> s3.CfnBucket.NotificationFilterProperty | None:
    rules = [
        s3.CfnBucket.FilterRuleProperty(name=name, value=filter_value(value))
        for name, value in (("prefix", notification.prefix), ("suffix", notification.suffix))
        if value
    ]
    if not rules:
        return None
    return s3.CfnBucket.NotificationFilterProperty(
        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=rules)
    )


def filter_value(value: str) -> str:
    """As S3 wants filters: a space as `+`, all but its safe characters percent-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(value, safe="/*").replace("~", "%7E")


def _key(scope: Construct, arn: str | None) -> kms.IKey | None:
    return kms.Key.from_key_arn(scope, "Key", arn) if arn else None


def _lifecycle(settings: BucketSettings) -> list[s3.LifecycleRule]:
    rules = [
        # Parts of uploads that were cut off are invisible, and paid for.
        s3.LifecycleRule(
            id="abort-uploads", abort_incomplete_multipart_upload_after=Duration.days(7)
        )
    ]
    if settings.expire_days:
        rules += _expiry(settings.expire_days)
    return rules


def _expiry(days: int) -> list[s3.LifecycleRule]:
    """Remove objects with all that versioning keeps of them, also where it was switched off later.

    In a versioned bucket an expiration alone puts a delete marker over the object and removes no
    byte. A replaced or expired version stays as many days again, at most as long as a failed event
    waits for its redrive, which reads the version that the event names. S3 takes the removal of
    markers that stand alone only in a rule without days.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    return [
        s3.LifecycleRule(
            id="expire",
            expiration=Duration.days(days),
            noncurrent_version_expiration=Duration.days(min(days, FAILURE_RETENTION_DAYS)),
        ),
        s3.LifecycleRule(id="remove-delete-markers", expired_object_delete_marker=True),
    ]


def _reasons(settings: BucketSettings) -> dict[str, str]:
    reasons = {} if settings.access_logs else not_logged(NOT_LOGGED)
    for pack in STRICT_PACKS:
        if not settings.replicate_to:
            reasons[f"{pack}-S3BucketReplicationEnabled"] = NOT_REPLICATED
        if not settings.kms_key:
            reasons[f"{pack}-S3DefaultEncryptionKMS"] = S3_KEYS
        if not settings.versioned:
            reasons[f"{pack}-S3BucketVersioningEnabled"] = UNVERSIONED
    return reasons
