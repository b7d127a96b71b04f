"""How long the policies of a function and of its roles become, which Lambda and IAM limit.

The roles themselves are made by the constructs, which `fdl` does not import; a test holds this
estimate against them. What does not depend on the file is counted once, at its largest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.workflow.event_patterns import event_patterns
from scar_constructs.language.workflow.join import Application, Rule
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import Function, Input, Output, limits

LAMBDA_PLUMBING = 3_100
"""Characters for what a Lambda's role may need besides: logs, queue, spool, network, job, frames of
the statements."""
JOB_PLUMBING = 2_000
"""The same of a job's roles."""
STORAGE_STATEMENTS = 560
"""For the frames of the statements about credentials of storage providers."""


PERMISSION = 370
"""Bytes of the statement by which a function lets a bucket invoke it, without the names in it."""


def check_role_sizes(files: Sequence[ParsedFile], application: Application, report: Report) -> None:
    """Add a problem for each function whose role or own policy AWS would refuse."""
    keys = {bucket: key for stack in application.stacks for bucket, key in stack.kms_keys.items()}
    followed = [rule for stack in application.stacks for rule in stack.rules]
    for parsed in (one for file in files for one in file.functions):
        limit = limits.ROLE_POLICY_MAX_CHARACTERS
        size = max(policy_sizes(parsed.function, keys), default=0)
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


def policy_sizes(function: Function, keys: Mapping[str, str]) -> Iterator[int]:
    """Characters, at most, of each role that is made. `keys`: bucket name -> ARN of its key."""
    mode = function.execution_mode
    data = _data(function, keys)
    if not function.role:
        files = data if mode.runs_on_lambda else 0
        yield LAMBDA_PLUMBING + files + _secrets(function)
    if mode.runs_on_batch and not function.batch.job_role:
        yield JOB_PLUMBING + data + _secrets(function)
    if mode.runs_on_batch:
        secret = function.repository_credentials
        yield (
            JOB_PLUMBING
            + _size(function.batch.secrets.values())
            + _size([secret] if secret else ())
        )


def _data(function: Function, keys: Mapping[str, str]) -> int:
    return sum(
        _size(_arns(places)) + _size({keys[one.bucket] for one in places if one.bucket in keys})
        for places in (function.role_inputs, function.role_outputs)
    )


def _secrets(function: Function) -> int:
    size = _size(function.secrets.values())
    if function.storage_secrets:
        size += STORAGE_STATEMENTS + _size(function.storage_secrets)
    return size


def _arns(places: Iterable[Input | Output]) -> Iterator[str]:
    """The objects of each folder, each once, in the partition with the longest name."""
    for bucket, folder in dict.fromkeys((place.bucket, place.folder) for place in places):
        yield f"arn:aws-us-gov:s3:::{bucket}/{re.sub(r'([*?$])', '${x}', folder)}/*"


def _size(arns: Iterable[str]) -> int:
    """Of the ARNs in a list of a policy: each with its quotes and comma."""
    return sum(len(json.dumps(arn)) + 1 for arn in arns)
