"""The forms of names, paths and ARNs that many keys share."""

from __future__ import annotations

from dataclasses import replace

from scar_constructs.language.keys.containers import Group, Key, ListOf, MapOf
from scar_constructs.language.keys.scalars import END, ImageName, Text, Unshown, Value
from scar_constructs.model import limits

_PATH_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
IMAGE = ImageName(
    "an image name such as grycap/mrbayes:latest, in lower case",
    pattern=(
        rf"^(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
        rf"(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?{END}"
    ),
    max_length=limits.IMAGE_NAME_MAX,
    rule="image-name",
    fix="write it as for `docker pull`",
)
FUNCTION_NAME = Text(
    f"a name of 1 to {limits.LAMBDA_NAME_MAX} letters, digits, - or _",
    pattern=rf"^[A-Za-z0-9_-]+{END}",
    max_length=limits.LAMBDA_NAME_MAX,
    rule="function-name",
    fix="use only these characters",
)
STACK_NAME = Text(
    f"a letter and then up to {limits.STACK_NAME_MAX - 1} letters, digits or -",
    pattern=rf"^[A-Za-z][A-Za-z0-9-]*{END}",
    max_length=limits.STACK_NAME_MAX,
    rule="workflow-name",
    fix="use only these characters",
)
_INTRINSIC = rf"(?:Ref|Condition){END}|Fn::"
"""A mapping with such a name in a template is no mapping, but what it stands for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""
VARIABLE_NAME = Text(
    "a name of letters, digits and _ that does not start with a digit, nor Ref or Condition",
    pattern=rf"^(?!{_INTRINSIC})[A-Za-z_][A-Za-z0-9_]*{END}",
    rule="variable-name",
    fix="rename the variable",
)
PARAMETERS = ListOf(replace(VARIABLE_NAME, max_length=128, fix="rename it"), maximum=100)
REGION = Text(
    "a region such as us-east-1",
    pattern=rf"^[a-z]{{2}}(?:-[a-z]+)+-[0-9]+{END}",
    rule="region",
    example="us-east-1",
)
ROLE = Text(
    "the ARN of a role, such as arn:aws:iam::123456789012:role/name",
    pattern=rf"^(?:|arn:[a-z-]+:iam::[0-9]{{12}}:role/[A-Za-z0-9_+=,.@/-]+){END}",
    min_length=0,
    rule="role-arn",
    fix="write the whole ARN, or remove the key: a role with least privilege is made",
)
_ID = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html"""
SUBNET = Text(
    "a subnet id",
    pattern=rf"^subnet-{_ID}{END}",
    rule="subnet-id",
    example="subnet-0123456789abcdef0",
)
SECURITY_GROUP = Text(
    "a security group id",
    pattern=rf"^sg-{_ID}{END}",
    rule="security-group-id",
    example="sg-0123456789abcdef0",
)
_PLACE = r"[a-z0-9-]+:[0-9]{12}"
_NAME_OF_ONE = r"[A-Za-z0-9/_+=.@!-]+"
"""A policy names the ARN: no letter in it may stand for others, nor for a variable of IAM.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""
SECRET = Unshown(
    "the ARN of a secret or of a parameter",
    pattern=(
        rf"^arn:[a-z-]+:(?:secretsmanager:{_PLACE}:secret:{_NAME_OF_ONE}(?::[^\s:*?$]*){{0,3}}"
        rf"|ssm:{_PLACE}:parameter/[A-Za-z0-9_./-]+){END}"
    ),
    rule="secret-arn",
    example="arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
)
REGISTRY_SECRET = Unshown(
    "the ARN of a secret in Secrets Manager",
    pattern=rf"^arn:[a-z-]+:secretsmanager:{_PLACE}:secret:{_NAME_OF_ONE}{END}",
    rule="secret-arn",
    example="arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
)
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
KMS_KEY = Text(
    "the ARN of a KMS key",
    pattern=rf"^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{{12}}:key/{_KEY_ID}{END}",
    rule="kms-key-arn",
    example="arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
)
LOG_TARGET = Text("bucket or bucket/folder")
PATH = Text("bucket/folder")
FILTERS = ListOf(Text("text", max_length=limits.FILTER_VALUE_MAX))
VARIABLES = MapOf(Value(), VARIABLE_NAME)
ENVIRONMENT = Group({"Variables": Key(VARIABLES, "Names and values.", example="{KEY: value}")})
SECRETS = MapOf(SECRET, VARIABLE_NAME)
TAGS = MapOf(
    Value(),
    Text(
        "a tag's name of 1 to 128 characters, not aws:..., Fn::..., Ref or Condition",
        max_length=128,
        pattern=rf"^(?![aA][wW][sS]:)(?!{_INTRINSIC})",
        rule="tag",
        fix="rename the tag",
    ),
    maximum=limits.TAGS_MAX,
)
