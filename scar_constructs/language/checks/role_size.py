"""How long the policies of a function and of its roles become, which Lambda and IAM limit.

The statements are those that the constructs put into the roles. What only a deployment knows is
counted at its longest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.grants import arns
from scar_constructs.language.grants.roles import Surroundings, function_roles
from scar_constructs.language.grants.stack import surroundings
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.workflow.event_patterns import event_patterns
from scar_constructs.language.workflow.join import Application, Rule
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import Function, limits

_PLACE = "aws-us-gov:{}:us-gov-west-1:123456789012:"
_LONGEST = {
    arns.PARTITION: "aws-us-gov",
    arns.REGION: "ap-northeast-1",
    arns.ACCOUNT: 12 * "1",
    arns.SPOOL: f"arn:aws-us-gov:s3:::{limits.BUCKET_NAME_MAX * 's'}",
    arns.FAILURES: f"arn:{_PLACE.format('sqs')}{80 * 'q'}",
    arns.JOB_QUEUE: f"arn:{_PLACE.format('batch')}job-queue/{128 * 'q'}",
    arns.IMAGE_REPOSITORY: f"arn:{_PLACE.format('ecr')}repository/{80 * 'r'}",
    arns.RUNTIME_ZIP: f"arn:aws-us-gov:s3:::{limits.BUCKET_NAME_MAX * 's'}/{68 * 'z'}",
}
"""The longest that a deployment can put into the place of each placeholder: the longest partition,
the longest names that CloudFormation and the CDK make up.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""

PERMISSION = 370
"""Bytes of the statement by which a function lets a bucket invoke it, without the names in it."""


def check_role_sizes(files: Sequence[ParsedFile], application: Application, report: Report) -> None:
    """Add a problem for each function whose role or own policy AWS would refuse."""
    around = {
        function.name: surroundings(stack)
        for stack in application.stacks
        for function in stack.functions
    }
    followed = [rule for stack in application.stacks for rule in stack.rules]
    for parsed in (one for file in files for one in file.functions):
        limit = limits.ROLE_POLICY_MAX_CHARACTERS
        # In no stack is a function whose file has the name of another, a fault of its own.
        sizes = policy_sizes(parsed.function, around.get(parsed.function.name, Surroundings()))
        size = max(sizes, default=0)
        if size > limit:
            message = (
                f"the policy of its role would have about {size} characters; IAM takes {limit}"
            )
            fix = "name fewer folders, such as one above them all, or split the function"
            at = parsed.name_at
            report.add(problem("role-too-large", at.path, at.position, message, "", fix))
        rules = [one for one in followed if one.function_name == parsed.function.name]
        size = function_policy_size(parsed.function, rules)
        limit = limits.FUNCTION_POLICY_MAX_BYTES
        if size > limit:
            message = f"its policy would have about {size} bytes for its input buckets, of {limit}"
            fix = "let fewer buckets start the function, or split it"
            at = parsed.name_at
            report.add(problem("too-many-buckets", at.path, at.position, message, "", fix))


def function_policy_size(function: Function, rules: Iterable[Rule] = ()) -> int:
    """Bytes of the Lambda's own policy, which has a statement for each bucket that starts it, and
    for each of its rules in EventBridge."""
    starters = [source.bucket for source in function.own_inputs]
    buckets = [*dict.fromkeys(starters)]
    for rule in rules:
        buckets += [rule.bucket] * len(event_patterns(rule.bucket, rule.filters))
    return sum(PERMISSION + 2 * (len(name) + len(function.name)) for name in buckets)


def policy_sizes(function: Function, around: Surroundings) -> Iterator[int]:
    """Characters, at most, of each role that is made; IAM does not count spaces."""
    for grants in function_roles(function, around).values():
        statements = [grant.statement for grant in grants]
        document = {"Version": "2012-10-17", "Statement": statements}
        text = json.dumps(document, separators=(",", ":"))
        yield len(arns.filled(text, _LONGEST))
