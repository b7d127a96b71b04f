"""The rights that a function's roles need, for roles that the user makes (`iam.role`,
`batch.job_role`).

They are taken from the very template in which roles are made for the function, so that the two
cannot differ. Names that CloudFormation makes up are shown as `<logical id>`; the stack's resources
tell them once it is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aws_cdk.assertions import Template

from scar_constructs.aws.flags import new_app
from scar_constructs.aws.stack import WorkflowStack
from scar_constructs.language.workflow import join
from scar_constructs.model import Function

_PATH = "aws:cdk:path"


def rights(stack: join.Stack, name: str) -> Mapping[str, Any]:
    """The roles that are made for the function `name` of the stack, none being named by the user:
    path of the role inside of the function -> trust and policies."""
    own = replace(
        stack,
        functions=tuple(
            _without_roles(function) if function.name == name else function
            for function in stack.functions
        ),
    )
    template = Template.from_stack(WorkflowStack(new_app(), stack.name, workflow=own)).to_json()
    start = f"{stack.name}/Functions/{name}/"
    found = {}
    for resource in template["Resources"].values():
        path = resource.get("Metadata", {}).get(_PATH, "")
        if resource["Type"] == "AWS::IAM::Role" and path.startswith(start):
            properties = resource["Properties"]
            role = path.removeprefix(start).removesuffix("/Resource")
            found[role] = {
                "AssumeRolePolicyDocument": _plain(properties["AssumeRolePolicyDocument"]),
                "Policies": _plain(properties.get("Policies", [])),
                "ManagedPolicyArns": _plain(properties.get("ManagedPolicyArns", [])),
            }
    return found


def _without_roles(function: Function) -> Function:
    batch = replace(function.batch, job_role=None)
    return replace(function, role=None, batch=batch)


def _plain(value: Any) -> Any:
    """The value with CloudFormation's functions as text."""
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}" if name.startswith("AWS::") else f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [str(glue), list(parts)]}:
            return glue.join(str(_plain(part)) for part in parts)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value
