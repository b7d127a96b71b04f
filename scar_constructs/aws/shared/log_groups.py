"""Log groups of our own, so that retention is set and the role needs no right to make them."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge

ENCRYPTED_BY_SERVICE = "CloudWatch Logs encrypts every group; `kms_key` takes a key of your own"


def new_log_group(
    scope: Construct, construct_id: str, *, name: str, days: int, kms_key: str | None
) -> logs.LogGroup:
    """A group that goes with its function. `days`: one of the periods that CloudWatch offers.

    `kms_key`: ARN of a key that lets CloudWatch Logs use it; None for the service's own.
    """
    group = logs.LogGroup(
        scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY
    )
    resource = cast(logs.CfnLogGroup, group.node.default_child)
    resource.retention_in_days = days  # the level-2 property takes names of periods, not days
    if kms_key:
        resource.kms_key_id = kms_key
    else:
        acknowledge(
            resource,
            {f"{pack}-CloudWatchLogGroupEncrypted": ENCRYPTED_BY_SERVICE for pack in STRICT_PACKS},
        )
    return group
