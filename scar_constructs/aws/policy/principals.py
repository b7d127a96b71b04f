"""Services that take roles: each only for resources of the role's own account, where it says so.

A service works for every customer of AWS. Without a condition on the account, another customer
could have it use a role of this one (the confused deputy problem):
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
A condition on a key that the service does not send locks it out, so what it sends has to be known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

API_GATEWAY = "apigateway.amazonaws.com"
EC2 = "ec2.amazonaws.com"
EVENTS = "events.amazonaws.com"
FLOW_LOGS = "vpc-flow-logs.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
S3 = "s3.amazonaws.com"
TASKS = "ecs-tasks.amazonaws.com"

SENDS_SOURCE_ACCOUNT: Mapping[str, str] = {
    FLOW_LOGS: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html",
    LAMBDA: "https://raw.githubusercontent.com/aws/agent-toolkit-for-aws/main/skills/"
    "specialized-skills/serverless-skills/deploying-custom-domain-rest-api/scripts/"
    "lambda-trust-policy.json",
    TASKS: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
}
"""Service -> where AWS shows a trust policy of it with `aws:SourceAccount`."""

SENDS_NO_SOURCE: Mapping[str, str] = {
    API_GATEWAY: "the page on logs shows a trust without conditions: https://docs.aws.amazon.com/"
    "apigateway/latest/developerguide/set-up-logging.html",
    EC2: "a host takes the role of its own profile, and passing a role does not cross accounts: "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "id_roles_use_switch-role-ec2_instance-profiles.html",
    S3: "the page on replication shows a trust without conditions: https://docs.aws.amazon.com/"
    "AmazonS3/latest/userguide/setting-repl-config-perm-overview.html",
}
"""Service -> why its trust has no condition, with AWS's page."""


def service_principal(service: str, *, source_arn: str | None = None) -> iam.IPrincipal:
    """The service as the one that may take a role.

    `source_arn`: pattern of the resources for which it does so, where AWS documents that.
    """
    if service in SENDS_NO_SOURCE:
        return cast(iam.IPrincipal, iam.ServicePrincipal(service))
    if service not in SENDS_SOURCE_ACCOUNT:
        raise ValueError(f"{service}: it is not known whether it sends aws:SourceAccount")
    conditions: dict[str, dict[str, str]] = {
        "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
    }
    if source_arn:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}
    return cast(iam.IPrincipal, iam.ServicePrincipal(service, conditions=conditions))
