"""What stays of a stack that goes, and why."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

KEPT_ONCE_DEPLOYED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""Of buckets: they stay when their stack goes, because CloudFormation removes no filled bucket; but
what a failed first deployment has made goes again, or its name would be in the way of the next. A
bucket that is taken back stays in any case: CloudFormation lets go of what it did not make.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
"""

ALWAYS_KEPT = RemovalPolicy.RETAIN
"""Of the account's own settings, and of what they name: others may rely on them already while the
deployment that made them fails."""
