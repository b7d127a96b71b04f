"""The rights that a review names, against the policies of the templates: no gain is missed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.language.grants import arns
from scar_constructs.language.grants.stack import stack_roles
from scar_constructs.review.compare import review
from scar_constructs.review.functions import Change
from scar_constructs.review.sides import Side, side
from tests.synth.test_golden import CASES

Json = dict[str, Any]
Single = tuple[str, str, str]


def arn(value: Any) -> str:
    """An ARN of a template, with the placeholders of `arns` for its references."""
    match value:
        case str():
            return value
        case {"Ref": str(name)} if name.startswith("AWS::"):
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), "Arn"]} if "SpoolBucket" in name:
            return arns.SPOOL
        case {"Fn::GetAtt": [str(name), "Arn"]} if "Failures" in name:
            return arns.FAILURES
        case {"Fn::GetAtt": [str(name), "JobQueueArn"]} if "Queue" in name:
            return arns.JOB_QUEUE
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(map(arn, parts))
        case {"Fn::Sub": str(text)}:
            return text
    raise AssertionError(value)


def generalised(text: str) -> str:
    """The repositories and buckets of the CDK's own assets, as `arns` names them."""
    short = re.sub(r"\$\{AWS::\w+\}", "_", text)
    if re.fullmatch(r"arn:_:ecr:_:_:repository/cdk-.+", short):
        return arns.IMAGE_REPOSITORY
    return arns.RUNTIME_ZIP if re.fullmatch(r"arn:_:s3:::cdk-.+\.zip", short) else text


def roles(case: Path) -> dict[tuple[str, str], set[Single]]:
    """Template and construct path of each role -> its single rights."""
    found = {}
    for template in sorted(case.glob("*.template.json")):
        for resource in json.loads(template.read_text())["Resources"].values():
            if resource["Type"] != "AWS::IAM::Role":
                assert resource["Type"] not in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
                continue
            path = resource["Metadata"]["aws:cdk:path"]
            found[template.name, path] = set(singles(resource["Properties"]))
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def singles(properties: Json) -> Iterator[Single]:
    for policy in properties.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            conditions = json.dumps(statement.get("Condition", {}), sort_keys=True)
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, generalised(arn(resource)), conditions
    for policy in properties.get("ManagedPolicyArns", []):
        yield arn(policy).partition(":policy/")[2], "*", "{}"


def named(case: Path) -> Side:
    return side(case.name, load_application([case]))


def owner(path: str) -> tuple[str, str]:
    """Owner and kind of the role, of the construct path of its resource."""
    parts = path.split("/")[1:]
    if parts[0] == "Functions":
        of_function = {
            ("Role",): "Lambda",
            ("Job", "Role"): "job",
            ("Job", "ExecutionRole"): "job execution",
        }
        return parts[1].removesuffix("."), of_function[tuple(parts[2:-1])]
    shared = {
        "HostRole": ("the hosts of jobs", "host"),
        "ApiLogsRole": ("API Gateway", "logs"),
        "FlowLogs": ("the network", "flow logs"),
    }
    for part, found in shared.items():
        if part in parts:
            return found
    if "Replication" in parts:
        return f"the bucket {parts[1]}", "copies"
    raise AssertionError(path)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_roles_of_a_stack_are_those_of_its_template(case: Path) -> None:
    in_templates = {
        (template.removesuffix(".template.json"), *owner(path)): rights
        for (template, path), rights in roles(case).items()
    }
    known = {}
    for view in named(case).stacks:
        for role in stack_roles(view.stack):
            rights = {
                (action, resource, json.dumps(grant.conditions, sort_keys=True, default=dict))
                for grant in role.grants
                for action in grant.actions
                for resource in grant.resources
            }
            rights |= {(policy, "*", "{}") for policy in role.managed}
            known[view.stack.name, role.owner, role.kind] = rights
    assert known == in_templates


def covers(known: set[Single], one: Single) -> bool:
    """Whether a role that has these rights has this one, by the wildcards of IAM."""
    return any(
        action == one[0]
        and conditions == one[2]
        and (resource == one[1] or (resource.endswith("*") and one[1].startswith(resource[:-1])))
        for action, resource, conditions in known
    )


def test_no_gained_right_is_missed_over_all_pairs() -> None:
    """Each ordered pair of kept files, taken as before and after."""
    sides = {case.name: named(case) for case in CASES}
    policies = {
        case.name: {owner(path): rights for (_, path), rights in roles(case).items()}
        for case in CASES
    }
    compared = 0
    for before, after in permutations(sides, 2):
        found = review(sides[before], sides[after], Assumptions())
        named_rights = {
            (role.owner, role.role): role
            for role in found.roles
            if role.change is not Change.REMOVED
        }
        for name, rights in policies[after].items():
            was = policies[before].get(name, set())
            missing = {one for one in rights if not covers(was, one)}
            if missing:
                told = named_rights.get(name)
                assert told is not None, (before, after, name)
                single = {
                    (action, resource, json.dumps(right.conditions, sort_keys=True, default=dict))
                    for right in told.gained
                    for action in right.actions
                    for resource in right.resources
                }
                assert missing <= single, (before, after, name, missing - single)
                compared += 1
    assert compared > 1000
