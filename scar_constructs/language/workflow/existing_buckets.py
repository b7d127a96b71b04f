"""Buckets that exist already: their events reach functions only through EventBridge."""

from __future__ import annotations

from shlex import quote

_MERGED = 'merge(@, `{"EventBridgeConfiguration": {}}`)'


def event_bridge_command(bucket: str) -> str:
    """What sends the bucket's events to EventBridge, and leaves whom else it notifies as it is.

    The call replaces the whole configuration, so what is there is read and sent again with the one
    addition; targets of others are not checked again, because one that is gone would stop it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
    """
    about = f"--bucket {quote(bucket)}"
    earlier = (
        f"aws s3api get-bucket-notification-configuration {about} --query '{_MERGED}' --output json"
    )
    return (
        f"aws s3api put-bucket-notification-configuration {about} "
        f'--skip-destination-validation --notification-configuration "$({earlier})"'
    )
