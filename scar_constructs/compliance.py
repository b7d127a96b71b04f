"""Rule packs over the synthesised constructs, and the reasons for what we do not follow.

`acknowledge` stands beside the resource that needs it. It does two things: it tells cdk-nag not to
report the finding, and it writes the reason into the template (`Metadata.cdk_nag`), where somebody
who reads only the template finds it.
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


def acknowledge(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    """Accept findings on one resource: rule id -> the reason, a sentence that stands alone."""
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
