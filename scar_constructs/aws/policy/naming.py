"""Names that must not drift: construct ids, physical names and ARNs, from pure functions.

Construct ids make logical ids, and a changed logical id replaces the resource; so every id that is
made from the user's words is made here. Physical names exist only where the user chose the name
(functions, buckets) or where a log group has to be found by a person.

ARNs are spelled out from the names instead of taken from the resource. A role that mentions a
bucket's attribute, a bucket that notifies the function and a function that uses the role make a
circle that CloudFormation refuses; a literal ARN makes no edge.
"""

from __future__ import annotations

import re

from aws_cdk import Aws

_TAKEN = frozenset(
    {
        *("Default", "Resource"),  # words of the CDK's own, which logical ids leave out
        *("constructor", "__proto__", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"),
        *("toLocaleString", "toString", "valueOf", "__defineGetter__", "__defineSetter__"),
        *("__lookupGetter__", "__lookupSetter__"),  # what every object of JavaScript has
    }
)


def construct_id(name: str) -> str:
    """Id of the construct of what the user has named so: the name, where the CDK takes it for one.

    Names of functions, compute environments and buckets do not end in a dot.
    """
    return f"{name}." if name in _TAKEN else name


def permission_id(bucket: str) -> str:
    """Id of the permission that lets this bucket invoke the function."""
    return f"InvokeFrom-{bucket}"


def rule_id(bucket: str) -> str:
    """Id of the EventBridge rule for new keys of this bucket."""
    return f"Follow-{bucket}"


def network_log_group(stack: str) -> str:
    """Log group of the flow logs of a stack's network."""
    return f"/scar/network/{stack}"


def function_arn(function: str) -> str:
    return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{function}"


def bucket_arn(bucket: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{bucket}"


def objects_arn(bucket: str, folder: str) -> str:
    """ARN pattern of everything under a folder; the empty folder is the whole bucket."""
    folder_with_slash = f"{_literal(folder)}/" if folder else ""
    return f"{bucket_arn(bucket)}/{folder_with_slash}*"


def _literal(text: str) -> str:
    """Text as a policy takes it to the letter: `*`, `?` and `$` have meanings there.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return re.sub(r"[*?$]", lambda match: f"${{{match[0]}}}", text)


def log_streams_arn(log_group: str) -> str:
    """ARN pattern of a group's streams, whose names the platform makes up."""
    return f"{log_group_arn(log_group)}:log-stream:*"


def log_group_arn(log_group: str) -> str:
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{log_group}"


def flow_logs_arn() -> str:
    """ARN pattern of the flow logs of this account and region, whose ids AWS makes up."""
    return f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:vpc-flow-log/*"


def job_definition_arns(definition: str) -> tuple[str, str]:
    """A job definition as it is submitted (without a revision), and all its revisions."""
    arn = f"arn:{Aws.PARTITION}:batch:{Aws.REGION}:{Aws.ACCOUNT_ID}:job-definition/{definition}"
    return arn, f"{arn}:*"
