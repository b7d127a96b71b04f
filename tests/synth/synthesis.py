"""Synthesis in this process, the way app.py does it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aws_cdk.assertions import Template

from scar_constructs.aws.app import add_stacks
from scar_constructs.aws.flags import new_app
from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application, Stack

Json = dict[str, Any]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
INLINE_POLICY_LIMIT = 10_240  # characters of all inline policies of a role, without white space


def synthesise(application: Application, outdir: Path) -> dict[str, Json]:
    """Templates of the application by stack name; the assembly is left in `outdir`."""
    app = new_app(outdir=str(outdir))
    add_stacks(app, application, runtime_image=RUNTIME_IMAGE)
    app.synth()
    return {
        stack.name: json.loads((outdir / f"{stack.name}.template.json").read_text())
        for stack in application.stacks
    }


def templates_of(*stacks: Stack) -> dict[str, Json]:
    """Templates of stacks made by hand, by stack name."""
    with tempfile.TemporaryDirectory() as outdir:
        return synthesise(Application(stacks=stacks), Path(outdir))


def manifest_of(*stacks: Stack) -> Json:
    """The assembly's manifest of stacks made by hand."""
    with tempfile.TemporaryDirectory() as outdir:
        synthesise(Application(stacks=stacks), Path(outdir))
        manifest: Json = json.loads((Path(outdir) / "manifest.json").read_text())
    return manifest


def template_of(stack: Stack) -> Template:
    """The template of one stack, to be asserted on."""
    return Template.from_json(templates_of(stack)[stack.name])


def templates_of_files(*paths: Path) -> dict[str, Json]:
    """Templates of YAML files, by stack name."""
    with tempfile.TemporaryDirectory() as outdir:
        return synthesise(load_application(paths).application, Path(outdir))


def resources(template: Mapping[str, Any], *types: str) -> dict[str, Json]:
    """The template's resources by logical id: all, or those of these types."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if not types or resource["Type"] in types
    }


def statements(template: Json) -> Iterator[tuple[str, Json]]:
    """Every allowing statement of every role: (construct path, statement)."""
    for resource in resources(template, "AWS::IAM::Role").values():
        for policy in resource["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield resource["Metadata"]["aws:cdk:path"], statement


def policy_sizes(template: Json) -> dict[str, int]:
    """Characters of each role's inline policies together, without white space, by logical id."""
    return {
        name: sum(
            len(flat_document(policy["PolicyDocument"]))
            for policy in role["Properties"].get("Policies", [])
        )
        for name, role in resources(template, "AWS::IAM::Role").items()
    }


def function_policy_sizes(template: Json) -> dict[str, int]:
    """Bytes of each Lambda's resource policy, as Lambda puts it together from permissions."""
    sizes = dict.fromkeys(resources(template, "AWS::Lambda::Function"), 0)
    for name, permission in resources(template, "AWS::Lambda::Permission").items():
        said = permission["Properties"]
        function = said["FunctionName"]["Fn::GetAtt"][0]
        source = flat(said["SourceArn"])
        if said["Principal"] == "events.amazonaws.com":
            source = f"arn:aws:events:us-east-1:111122223333:rule/{'r' * 64}"
        statement = {
            "Sid": f"flow-{name}-ABCDEFGHIJKL",
            "Effect": "Allow",
            "Principal": {"Service": said["Principal"]},
            "Action": said["Action"],
            "Resource": f"arn:aws:lambda:us-east-1:111122223333:function:{'n' * 64}",
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": "111122223333"},
                "ArnLike": {"AWS:SourceArn": source},
            },
        }
        sizes[function] += len(flat_document(statement))
    return sizes


def flat_document(document: Json) -> str:
    """A policy as text of about its real length."""
    return json.dumps(_resolved(document), separators=(",", ":"))


def _resolved(value: object) -> object:
    """The document as IAM gets it: intrinsic functions as text of about their real length."""
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::Sub": _} | {"Fn::Join": _}:
            return flat(value)
        case dict():
            return {key: _resolved(item) for key, item in value.items()}
        case list():
            return [_resolved(item) for item in value]
    return value


def flat(value: object) -> str:
    """A value with intrinsic functions as one line: `arn:<AWS::Partition>:s3:::bucket`."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": str(name)}:
            return f"<{name}>"
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(glue), list(parts)]}:
            return glue.join(flat(part) for part in parts)
    raise TypeError(f"not text: {value!r}")


def as_list(value: object) -> list[Any]:
    """CloudFormation's lists of one are often the one."""
    return value if isinstance(value, list) else [value]
