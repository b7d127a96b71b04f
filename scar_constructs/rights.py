"""`python -m scar_constructs.rights PATH FUNCTION`: the rights that a function's roles need.

For roles that the user makes (`iam.role`, `batch.job_role`). The rights are taken from the very
template in which roles are made for the function, so that the two cannot differ. Names that
CloudFormation makes up are shown as `<logical id>`; the stack's resources tell them once it is
deployed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk.assertions import Template

from scar_constructs.fdl import FdlError, load_application, workflow
from scar_constructs.fdl.models import Function
from scar_constructs.flags import new_app
from scar_constructs.stack import WorkflowStack
from scar_constructs.terminal import put, say

USAGE = """usage: python -m scar_constructs.rights PATH FUNCTION

Prints, as JSON, trust and policy of each role that would be made for the function. Example:

    python -m scar_constructs.rights examples/hello hello-count"""

_PATH = "aws:cdk:path"


def rights(stack: workflow.Stack, name: str) -> Mapping[str, Any]:
    """The roles that are made for the function `name` of the stack, none being named by the user:
    path of the role inside of the function -> trust and policies."""
    own = stack.model_copy(
        update={
            "functions": tuple(
                _without_roles(function) if function.name == name else function
                for function in stack.functions
            )
        }
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
    batch = function.batch.model_copy(update={"job_role": None})
    return function.model_copy(update={"role": None, "batch": batch})


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


def main(arguments: Sequence[str]) -> int:
    """Print the rights; the exit code."""
    if len(arguments) != 2 or arguments[0] in ("-h", "--help"):
        is_asked = list(arguments) in (["-h"], ["--help"])
        say(USAGE, sys.stdout if is_asked else sys.stderr)
        return 0 if is_asked else 2
    path, name = arguments
    try:
        application = load_application([Path(path)], lock=None).application
    except FdlError as error:
        say(error)
        return 1
    known = {function.name: stack for stack in application.stacks for function in stack.functions}
    if name not in known:
        say(f"no function is named {name}; there are: {', '.join(known)}")
        return 1
    put(f"{json.dumps(rights(known[name], name), indent=2)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
