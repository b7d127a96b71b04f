"""What to do about a fault of AWS's SDK, which itself only says what went wrong."""

from __future__ import annotations

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

NO_REGION = "no region is set: set AWS_REGION, or choose a profile that has one with AWS_PROFILE"
_LOG_IN = "log in (`aws sso login`), or choose another profile with AWS_PROFILE"
_FIXES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ProfileNotFound,), "`aws configure list-profiles` names those there are; set AWS_PROFILE"),
    ((NoCredentialsError, PartialCredentialsError, CredentialRetrievalError), _LOG_IN),
    ((TokenRetrievalError,), _LOG_IN),
    ((ConnectionError, HTTPClientError), "check the name of the region, and the network"),
)
_HEAD_REFUSED = "403"
"""S3 answers HeadObject without a word: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
_LOST = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html"""


def explained(fault: Boto3Error | BotoCoreError | ClientError) -> str:
    """The fault in one line, with its fix where it has one."""
    fix = _fix(fault)
    told = " ".join(str(fault).split())
    return f"{told.rstrip('.')}: {fix}" if fix else told


def _fix(fault: Boto3Error | BotoCoreError | ClientError) -> str:
    if isinstance(fault, ClientError):
        code = fault.response["Error"].get("Code")
        if code == _HEAD_REFUSED:
            return (
                "you may not read it, or not know whether it is there; check the bucket's name, too"
            )
        return _LOG_IN if code in _LOST else ""
    return next((fix for kinds, fix in _FIXES if isinstance(fault, kinds)), "")
