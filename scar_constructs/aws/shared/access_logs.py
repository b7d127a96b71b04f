"""Access logs of buckets, in a bucket that exists already.

That bucket is in the same account and region, and its policy lets S3's log delivery write:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

from aws_cdk import aws_s3 as s3

from scar_constructs.aws.policy.compliance import STRICT_PACKS
from scar_constructs.model import LogTarget


def log_access(bucket: s3.CfnBucket, target: LogTarget, name: str) -> None:
    """Send the access logs of the bucket to a folder of its own, named `name`, in the target.

    Level 1: the level-2 property wants to change the policy of the target, which is not ours.
    """
    folder = f"{target.folder}/{name}" if target.folder else name
    bucket.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=target.bucket, log_file_prefix=f"{folder}/"
    )


def not_logged(reason: str) -> dict[str, str]:
    """The findings on a bucket without access logs, each with the reason."""
    return {
        "AwsSolutions-S1": reason,
        **{f"{pack}-S3BucketLoggingEnabled": reason for pack in STRICT_PACKS},
    }
