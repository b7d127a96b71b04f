"""The runtime's own bucket: claims, event documents of jobs, payloads too large to pass on."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.shared.access_logs import log_access, not_logged
from scar_constructs.aws.shared.retention import KEPT_ONCE_DEPLOYED
from scar_constructs.model import StackOptions
from scar_constructs.model.limits import SPOOL_EXPIRE_DAYS

UNVERSIONED = (
    "objects are written once and expire; a version kept of a deleted claim would serve nobody"
)
NOT_REPLICATED = "short-lived working data; the inputs it refers to are what is worth copying"
NOT_LOGGED = "only the stack's own roles can read it; object-level trails belong to CloudTrail"
S3_KEYS = "encrypted with keys that S3 manages; it holds references to data, not the data"


class Spool(Construct):
    """The spool bucket of one stack: private, TLS only, kept when the stack goes.

    It has a name if the file gives one; then CloudFormation can take it back.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, options: StackOptions | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        chosen = options or StackOptions()
        self._bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=chosen.spool,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=(
                s3.BucketEncryption.KMS if chosen.kms_key else s3.BucketEncryption.S3_MANAGED
            ),
            encryption_key=(
                kms.Key.from_key_arn(self, "Key", chosen.kms_key) if chosen.kms_key else None
            ),
            bucket_key_enabled=True if chosen.kms_key else None,
            enforce_ssl=True,
            versioned=False,
            removal_policy=KEPT_ONCE_DEPLOYED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire",
                    expiration=Duration.days(SPOOL_EXPIRE_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
        resource = cast(s3.CfnBucket, self._bucket.node.default_child)
        if chosen.access_logs:
            log_access(resource, chosen.access_logs, f"{Stack.of(self).stack_name}-spool")
        reasons = {f"{pack}-S3BucketReplicationEnabled": NOT_REPLICATED for pack in STRICT_PACKS}
        reasons |= {f"{pack}-S3BucketVersioningEnabled": UNVERSIONED for pack in STRICT_PACKS}
        if not chosen.access_logs:
            reasons |= not_logged(NOT_LOGGED)
        if not chosen.kms_key:
            reasons |= {f"{pack}-S3DefaultEncryptionKMS": S3_KEYS for pack in STRICT_PACKS}
        acknowledge(resource, reasons)

    @property
    def bucket(self) -> s3.Bucket:
        return self._bucket
