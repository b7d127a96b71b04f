"""Names that must not drift: construct ids, physical names and ARNs, from pure functions.

Construct ids make logical ids, and a changed logical id replaces the resource; so every id that is
made from the user's words is made here. Physical names exist only where the user chose the name
(functions, buckets) or where a log group has to be found by a person.

ARNs are spelled out from the names instead of taken from the resource. A role that mentions a
bucket's attribute, a bucket that notifies the function and a function that uses the role make a
circle that CloudFormation refuses; a literal ARN makes no edge.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws

from scar_constructs.language.grants.arns import ACCOUNT, PARTITION, REGION, filled

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


_PSEUDO_PARAMETERS = {
    PARTITION: Aws.PARTITION,
    REGION: Aws.REGION,
    ACCOUNT: Aws.ACCOUNT_ID,
}


def resolved(arn: str, references: Mapping[str, str] | None = None) -> str:
    """An ARN of `language.grants.arns` with the template's references in the places of what only a
    deployment knows. `references`: placeholder -> what stands there, such as the ARN of a bucket.

    Raises KeyError for a placeholder that is not given.
    """
    return filled(arn, {**_PSEUDO_PARAMETERS, **(references or {})})
