"""A template as CloudFormation makes it real, with the longest names that a deployment can give.

Names that the template does not say are made up and cut as CloudFormation does; a pseudo parameter
has its longest value. A reference of a kind that is not known here fails the test that meets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scar_constructs.emulator.generated_names import LIMITS, generated_name

Json = dict[str, Any]

ACCOUNT, REGION, PARTITION = "123456789012", "ap-southeast-2", "aws-us-gov"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com.cn",
}
_TAIL = "0123456789AB"
_ID = "subnet-0123456789abcdef0"
"""No id that AWS makes up is longer."""
_NAMED_BY = {
    "AWS::Batch::ComputeEnvironment": "ComputeEnvironmentName",
    "AWS::Batch::JobDefinition": "JobDefinitionName",
    "AWS::Batch::JobQueue": "JobQueueName",
    "AWS::Batch::SchedulingPolicy": "Name",
    "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
    "AWS::EC2::SecurityGroup": "GroupName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "PolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
}
_ARNS = {
    "AWS::Batch::ComputeEnvironment": "batch:{at}:compute-environment/{name}",
    "AWS::Batch::JobDefinition": "batch:{at}:job-definition/{name}:1000",
    "AWS::Batch::JobQueue": "batch:{at}:job-queue/{name}",
    "AWS::Batch::SchedulingPolicy": "batch:{at}:scheduling-policy/{name}",
    "AWS::Events::Rule": "events:{at}:rule/{name}",
    "AWS::IAM::InstanceProfile": "iam::{account}:instance-profile/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Lambda::Function": "lambda:{at}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{at}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SQS::Queue": "sqs:{at}:{name}",
}
_REF_IS_ARN = frozenset(one for one in _ARNS if one.startswith("AWS::Batch::"))


class Resolved:
    """The resources and outputs of one template in a stack of this name."""

    def __init__(self, template: Json, stack: str) -> None:
        self.template = template
        self.stack = stack

    def of(self, *types: str) -> Iterator[tuple[str, Json]]:
        """(logical id, resolved properties) of the resources: all, or those of these types."""
        for logical_id, resource in self.template["Resources"].items():
            if not types or resource["Type"] in types:
                yield logical_id, self.value(resource.get("Properties", {}))

    def type_of(self, logical_id: str) -> str:
        kind: str = self.template["Resources"][logical_id]["Type"]
        return kind

    def name(self, logical_id: str) -> str:
        """The physical name, said by the template or made up."""
        resource = self.template["Resources"][logical_id]
        kind = resource["Type"]
        said = resource.get("Properties", {}).get(_NAMED_BY.get(kind, ""))
        if said is not None:
            return str(self.value(said))
        return generated_name(kind, self.stack, logical_id, _TAIL)

    def named(self) -> Iterator[tuple[str, str, str]]:
        """(logical id, type, physical name) of the resources that have a name."""
        for logical_id, resource in self.template["Resources"].items():
            if resource["Type"] in LIMITS:
                yield logical_id, resource["Type"], self.name(logical_id)

    def value(self, value: Any) -> Any:
        """With text in the place of every intrinsic function."""
        match value:
            case {"Ref": str(name)} if len(value) == 1:
                return self._ref(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute)
            case {"Fn::Join": [str(glue), list(parts)]}:
                return glue.join(str(self.value(part)) for part in parts)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda match: self._ref(match[1]), text)
            case {"Fn::ImportValue": str()}:
                return _ID
            case {"Fn::Select": [_, {"Fn::GetAZs": _}]}:
                return f"{REGION}a"
            case dict():
                assert not [key for key in value if key.startswith("Fn::")], value
                return {key: self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
        return value

    def _ref(self, name: str) -> str:
        if name == "AWS::StackName":
            return self.stack
        if name in _PSEUDO:
            return _PSEUDO[name]
        kind = self.type_of(name)
        return self._arn(name) if kind in _REF_IS_ARN else self._named_or_id(name)

    def _attribute(self, name: str, attribute: str) -> str:
        return self._arn(name) if attribute.endswith("Arn") else self._named_or_id(name)

    def _named_or_id(self, logical_id: str) -> str:
        known = self.type_of(logical_id) in LIMITS
        return self.name(logical_id) if known else _ID

    def _arn(self, logical_id: str) -> str:
        form = _ARNS[self.type_of(logical_id)]
        at = f"{REGION}:{ACCOUNT}"
        name = self.name(logical_id)
        return f"arn:{PARTITION}:{form.format(at=at, account=ACCOUNT, name=name)}"


def size(document: Any) -> int:
    """Bytes of a document without white space, as services count them."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())
