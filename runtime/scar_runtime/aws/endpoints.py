"""Where AWS's services are."""

from __future__ import annotations

import re

from scar_runtime.aws.connections import Origin, origin
from scar_runtime.aws.errors import AwsError

# https://docs.aws.amazon.com/general/latest/gr/rande.html and the partitions beside the public one
SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-iso-", "c2s.ic.gov"),
    ("eusc-", "amazonaws.eu"),
)

_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SHOWN_LETTERS = 100


def domain(region: str) -> str:
    return next((suffix for start, suffix in SUFFIXES if region.startswith(start)), "amazonaws.com")


def service_origin(service: str, region: str, endpoint_url: str | None) -> Origin:
    return origin(endpoint_url or f"https://{service}.{region}.{domain(region)}")


def bucket_address(bucket: str, region: str, endpoint_url: str | None) -> tuple[Origin, str]:
    """Where a bucket is: the host, and the path before the key.

    AWS wants the bucket in the host's name. A name with dots would not match the certificate, names
    of before 2018 may be no host's, and other services than AWS seldom answer to such hosts: there
    the bucket is in the path. Raises `AwsError` for what no bucket is called: an event's name of a
    bucket must not become another host, which would get our signed requests.
    """
    if not _BUCKET.fullmatch(bucket):
        raise AwsError("InvalidBucketName", repr(bucket)[:_SHOWN_LETTERS])
    if endpoint_url or not _LABEL.fullmatch(bucket):
        return service_origin("s3", region, endpoint_url), f"/{bucket}/"
    return service_origin(f"{bucket}.s3", region, None), "/"
