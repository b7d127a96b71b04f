"""The keys of the blocks beside the function that both dialects have, but for `batch`.

This is part of the one table from which the shape checks, the JSON Schema, the reference in the
documents and `--explain` are made; `dialects` puts the parts together.
"""

from __future__ import annotations

from scar_constructs.language.keys.containers import Group, Key, Origin
from scar_constructs.language.keys.formats import PARAMETERS, ROLE
from scar_constructs.language.keys.scalars import END, Anything, Choice, Text
from scar_constructs.model import limits

OURS = Origin.OURS

PROFILE = Key(
    Anything(),
    "The profile of the AWS credentials.",
    option="-pf",
    ignored="the CDK command line chooses the account: use `cdk deploy --profile NAME`",
)

BLOCK_REGION = Key(
    Anything(),
    "The region of this service.",
    ignored="all services of a function stand in the function's region",
)

IAM = Group(
    {
        "boto_profile": PROFILE,
        "role": Key(
            ROLE,
            "An existing role, used as it is.",
            default="a role with least privilege is made for each function",
            option="-r",
            changed="SCAR required it; now a role is made unless one is named",
        ),
    }
)

CLOUDWATCH = Group(
    {
        "boto_profile": PROFILE,
        "region": BLOCK_REGION,
        "log_retention_policy_in_days": Key(
            Choice(limits.LOG_RETENTION_CHOICES_DAYS),
            "How many days the logs are kept.",
            default=str(limits.LOG_RETENTION_DAYS),
        ),
    }
)

_API_INSIDE = "the API is made from `name`, `auth`, `http_method` and `stage_name`"

ALARMS = Group(
    {
        "email": Key(
            Text(
                "a mail address",
                pattern=rf"^[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+{END}",
                max_length=254,
                example="me@example.org",
            ),
            "A topic is made, and sends to this address once its owner has confirmed that.",
            origin=Origin.OURS,
            example="me@example.org",
        ),
        "topic": Key(
            Text(
                "the ARN of a topic of SNS",
                pattern=rf"^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}{END}",
                example="arn:aws:sns:us-east-1:123456789012:alarms",
            ),
            "A topic that exists, whose policy lets CloudWatch and EventBridge publish.",
            origin=Origin.OURS,
            example="arn:aws:sns:us-east-1:123456789012:alarms",
        ),
    }
)

API_GATEWAY = Group(
    {
        "boto_profile": PROFILE,
        "region": BLOCK_REGION,
        "name": Key(
            Text(
                "a name of letters, digits, dots, - or _",
                pattern=rf"^[A-Za-z0-9_.-]+{END}",
                max_length=128,
                example="my-api",
            ),
            "Makes an HTTPS endpoint of this name; without it there is none.",
            option="-api",
            example="my-api",
            changed=(
                "query parameters reach the script as `CONT_VAR_<name>`, and without the prefix "
                "only where `parameters` lists them; a body that the client sends in base64 "
                '(`scar invoke -db`) is kept so: `base64 -d "$INPUT_FILE_PATH"` gives the bytes'
            ),
        ),
        "auth": Key(
            Choice(("iam", "api_key", "none")),
            "Who may call it.",
            default=limits.API_AUTH,
            origin=OURS,
        ),
        "stage_name": Key(
            Text(
                "a stage's name of letters, digits or _",
                pattern=rf"^[A-Za-z0-9_]+{END}",
                max_length=128,
                example="scar",
            ),
            "The stage in the address.",
            default=limits.API_STAGE,
        ),
        "http_method": Key(
            Choice(("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
            "The method that is let through.",
            default=limits.API_METHOD,
        ),
        "parameters": Key(
            PARAMETERS,
            "Query parameters that the script gets under their own names, too. They never replace "
            "a variable that is set.",
            default="none",
            origin=OURS,
            example="[width]",
        ),
        "web_acl": Key(
            Text(
                "the ARN of a regional web ACL of AWS WAF",
                pattern=(
                    r"^arn:[a-z-]+:wafv2:[a-z0-9-]+:[0-9]{12}"
                    rf":regional/webacl/[A-Za-z0-9_-]+/[0-9a-f-]{{36}}{END}"
                ),
                rule="web-acl-arn",
                example="arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mine/"
                "01234567-89ab-cdef-0123-456789abcdef",
            ),
            "A firewall that looks at each request first, such as at its size or sender.",
            default="none",
            origin=OURS,
        ),
        **{
            name: Key(Anything(), "Inside of SCAR.", ignored=_API_INSIDE)
            for name in (
                "endpoint",
                "request_parameters",
                "method",
                "integration",
                "path_part",
                "service_id",
                "source_arn_testing",
                "source_arn_invocation",
            )
        },
    }
)
