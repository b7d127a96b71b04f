"""Rule packs over the synthesised constructs, and the reasons for what we do not follow.

`acknowledge` stands beside the resource that needs it. It does two things: it tells cdk-nag not to
report the finding, and it writes the reason into the template (`Metadata.cdk_nag`, and for checkov
`Metadata.checkov`), where somebody who reads only the template finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from aws_cdk import App, CfnResource, IPolicyValidationPlugin, Validations
from cdk_nag import (
    AwsSolutionsChecks,
    HIPAASecurityChecks,
    NIST80053R5Checks,
    PCIDSS321Checks,
    ServerlessChecks,
)


class PackFactory(Protocol):
    """What makes one pack for an app."""

    def __call__(self, scope: App, *, verbose: bool) -> IPolicyValidationPlugin: ...


PACKS: Mapping[str, PackFactory] = {
    "AwsSolutions": AwsSolutionsChecks,
    "Serverless": ServerlessChecks,
    "NIST.800.53.R5": NIST80053R5Checks,
    "HIPAA.Security": HIPAASecurityChecks,
    "PCI.DSS.321": PCIDSS321Checks,
}
ALL_PACKS = "all"

STRICT_PACKS = ("NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")
"""Packs that share most of their rules and the names of them."""


def add_packs(app: App, names: Sequence[str]) -> None:
    """Let these packs judge the app when it is synthesised; a finding makes the synth fail."""
    for name in names:
        Validations.of(app).add_plugins(PACKS[name](app, verbose=True))


CHECKOV = {
    "APIGWCacheEnabledAndEncrypted": "CKV_AWS_120",
    "APIGWXrayEnabled": "CKV_AWS_73",
    "CloudWatchLogGroupEncrypted": "CKV_AWS_158",
    "LambdaConcurrency": "CKV_AWS_115",
    "LambdaDLQ": "CKV_AWS_116",
    "LambdaInsideVPC": "CKV_AWS_117",
    "S3BucketLoggingEnabled": "CKV_AWS_18",
    "S3BucketVersioningEnabled": "CKV_AWS_21",
}
"""What checkov calls the rules of the packs; a reason for the one is a reason for the other."""
CHECKOV_PREFIX = "CKV_"
"""Rules of checkov that no pack has are acknowledged by their own ids."""


def acknowledge(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    """Accept findings on one resource: rule id -> the reason, a sentence that stands alone."""
    _tell_nag(
        resource,
        {rule: why for rule, why in reasons.items() if not rule.startswith(CHECKOV_PREFIX)},
    )
    _tell_checkov(resource, reasons)


def _tell_checkov(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    """https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html"""
    skipped = {}
    for rule, reason in reasons.items():
        check = rule if rule.startswith(CHECKOV_PREFIX) else CHECKOV.get(rule.rpartition("-")[2])
        if check:
            skipped[check] = reason
    if skipped:
        earlier = resource.get_metadata("checkov") or {"skip": []}
        added = [{"id": check, "comment": reason} for check, reason in sorted(skipped.items())]
        resource.add_metadata("checkov", {"skip": [*earlier["skip"], *added]})


def _tell_nag(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    if not reasons:
        return
    # Not by Validations.acknowledge: it changes spaces and refuses lone brackets in an id, and the
    # ids of wildcard findings hold folder names, where both may stand.
    resource.node.add_metadata(
        Validations.ACKNOWLEDGED_RULES_METADATA_KEY, dict(reasons), stack_trace=False
    )
    earlier = resource.get_metadata("cdk_nag") or {"rules_to_suppress": []}
    rules = [
        *earlier["rules_to_suppress"],
        *({"id": rule, "reason": reason} for rule, reason in reasons.items()),
    ]
    resource.add_metadata("cdk_nag", {"rules_to_suppress": rules})
