"""Names of resources that a template does not name, cut as CloudFormation cuts them.

A name is `<stack>-<logical id>-<tail>`, the tail being twelve characters. Where that is longer than
the type allows, tail and hyphen keep their thirteen characters and the rest is shared between stack
and logical id, the stack's half rounded up; what one of them leaves goes to the other. So a policy
that matches on `<stack>-*` fails for stacks with long names. AWS documents the form, not the cut:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
The cut is taken from names that CloudFormation made:
https://github.com/KensioSoftware/yulin/issues/1113
"""

from __future__ import annotations

from collections.abc import Mapping

LIMITS: Mapping[str, int] = {
    "AWS::Batch::ComputeEnvironment": 128,
    "AWS::Batch::JobDefinition": 128,
    "AWS::Batch::JobQueue": 128,
    "AWS::Batch::SchedulingPolicy": 128,
    "AWS::EC2::LaunchTemplate": 128,
    "AWS::EC2::SecurityGroup": 255,
    "AWS::Events::Rule": 64,
    "AWS::IAM::InstanceProfile": 128,
    "AWS::IAM::ManagedPolicy": 128,
    "AWS::IAM::Policy": 128,
    "AWS::IAM::Role": 64,
    "AWS::IAM::User": 64,
    "AWS::Lambda::Function": 64,
    "AWS::Logs::LogGroup": 512,
    "AWS::S3::Bucket": 63,
    "AWS::SNS::Topic": 256,
    "AWS::SQS::Queue": 80,
}
"""The longest name of each type: the maximum of the `Name` in the API that creates it."""

_LOWER_CASE = frozenset({"AWS::S3::Bucket"})


def generated_name(
    resource_type: str, stack: str, logical_id: str, tail: str, known: int = 128
) -> str:
    """The name of a resource; `known` is the limit of a type that `LIMITS` does not have."""
    limit = LIMITS.get(resource_type, known)
    name = f"{_cut(stack, logical_id, limit - len(tail) - 1)}-{tail}"
    return name.lower() if resource_type in _LOWER_CASE else name


def _cut(stack: str, logical_id: str, room: int) -> str:
    """Both parts with a hyphen between, in `room` characters."""
    letters = room - 1
    half = (letters + 1) // 2
    of_stack = max(half, letters - len(logical_id))
    of_logical_id = letters - min(len(stack), of_stack)
    return f"{stack[:of_stack]}-{logical_id[:of_logical_id]}"
