"""Roles made of grants, with the acknowledgements of findings that the grants need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.policy.naming import resolved
from scar_constructs.language.grants.statements import Grant

INLINE_POLICY_REASON = (
    "the policy belongs to this one role, is derived from one function and goes with it"
)


def new_role(
    scope: Construct,
    construct_id: str,
    *,
    principal: iam.IPrincipal,
    description: str,
    grants: Iterable[Grant],
    references: Mapping[str, str] | None = None,
) -> iam.Role:
    """A role with one inline policy of these grants, and the acknowledgements they need.

    `references`: what stands in the template for the placeholders of the grants' ARNs.
    """
    granted = tuple(
        replace(one, resources=tuple(resolved(arn, references) for arn in one.resources))
        for one in grants
    )
    document = iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid=grant.sid,
                actions=list(grant.actions),
                resources=list(grant.resources),
                conditions=dict(grant.conditions),
            )
            for grant in granted
        ]
    )
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=principal,
        description=description,
        inline_policies={"Permissions": document},
    )
    acknowledge(cast(CfnResource, role.node.default_child), _reasons(role, granted))
    return role


def _reasons(role: iam.Role, grants: Iterable[Grant]) -> dict[str, str]:
    reasons = {f"{pack}-IAMNoInlinePolicy": INLINE_POLICY_REASON for pack in STRICT_PACKS}
    for grant in grants:
        reasons |= dict.fromkeys(grant.findings, grant.reason)
        for resource in grant.resources:
            flat = _flatten(Stack.of(role).resolve(resource))
            if flat == "*":
                reasons["Serverless-LambdaStarPermissions"] = grant.reason
            if "*" in flat:
                reasons[f"AwsSolutions-IAM5[Resource::{flat}]"] = grant.reason
    return reasons


def _flatten(resolved: object) -> str:
    """A resolved value as cdk-nag spells it in finding ids: `<LogicalId.Attribute>`, `<Ref>`."""
    match resolved:
        case str():
            return resolved
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Sub": str(template)}:
            return template.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(glue), list(parts)]}:
            return glue.join(_flatten(part) for part in parts)
    raise TypeError(f"unexpected intrinsic function in an ARN: {resolved!r}")
