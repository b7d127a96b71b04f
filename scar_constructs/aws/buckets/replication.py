"""Copies of a bucket's new objects in another bucket, which exists already and is versioned."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from constructs import Construct

from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.principals import S3, service_principal
from scar_constructs.aws.policy.roles import new_role
from scar_constructs.language.grants import arns
from scar_constructs.language.grants.roles import copy_objects
from scar_constructs.model import BucketSettings


def replicate(scope: Construct, bucket: s3.CfnBucket, name: str, settings: BucketSettings) -> None:
    """Let S3 copy each new object of the bucket `name`; deletions are not copied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    target = settings.replicate_to
    if not target:
        return
    role = new_role(
        scope,
        "Replication",
        principal=service_principal(S3),
        description=f"copies of {name} in {target}",
        grants=copy_objects(name, target, settings),
    )
    bucket.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
        role=role.role_arn, rules=[_rule(target, settings)]
    )


def _rule(target: str, settings: BucketSettings) -> s3.CfnBucket.ReplicationRuleProperty:
    """Every object, also those that a key encrypts if there is a key for the copies."""
    parts = s3.CfnBucket
    criteria = encryption = None
    if settings.kms_key and settings.replica_kms_key:
        criteria = parts.SourceSelectionCriteriaProperty(
            sse_kms_encrypted_objects=parts.SseKmsEncryptedObjectsProperty(status="Enabled")
        )
        encryption = parts.EncryptionConfigurationProperty(
            replica_kms_key_id=settings.replica_kms_key
        )
    return parts.ReplicationRuleProperty(
        id="copy",
        status="Enabled",
        priority=1,
        filter=parts.ReplicationRuleFilterProperty(prefix=""),
        delete_marker_replication=parts.DeleteMarkerReplicationProperty(status="Disabled"),
        source_selection_criteria=criteria,
        destination=parts.ReplicationDestinationProperty(
            bucket=naming.resolved(arns.bucket_arn(target)), encryption_configuration=encryption
        ),
    )
