"""All kept templates and all examples are within AWS's limits, with names cut as they will be.

The table of limits, with a page for each, is tests/support/limits.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.model.limits import STACK_NAME_MAX
from scar_constructs.model.limits import TAGS_MAX as TAGS
from tests.support.limits import LIMITS, Limit
from tests.support.resolved import Json, Resolved
from tests.synth.synthesis import templates_of_files

ROOT = Path(__file__).parents[2]
KEPT = sorted((ROOT / "tests" / "golden").rglob("*.template.json"))
EXAMPLES = sorted({path.parent for path in (ROOT / "examples").rglob("*.yaml")})
POLICIES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")
_LONG = "x" * STACK_NAME_MAX


@cache
def templates() -> tuple[tuple[str, Json], ...]:
    """(name of the stack, template) of all that is kept and of all examples."""
    kept = []
    for path in KEPT:
        # A hash is as long as the one that it stands for.
        text = re.sub(r"<asset (\d+)>", lambda match: match[1].zfill(64), path.read_text())
        kept.append((path.name.removesuffix(".template.json"), json.loads(text)))
    examples = [item for one in EXAMPLES for item in templates_of_files(one).items()]
    return (*kept, *examples)


@cache
def resolved() -> tuple[Resolved, ...]:
    """Each template in a stack of its own name, and in one of the longest name."""
    return tuple(
        Resolved(template, stack) for name, template in templates() for stack in (name, _LONG)
    )


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
def test_no_template_passes_a_limit(limit: Limit) -> None:
    assert [breach for one in resolved() for breach in limit.breaches(one)] == []


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
def test_every_limit_is_measured(limit: Limit) -> None:
    """A measure that finds nothing would hold nothing."""
    measured = [amount for one in resolved() for _, amount in limit.measure(one)]
    assert measured
    tight = Limit(limit.what, max(measured) - 1, limit.page, limit.measure)
    assert [breach for one in resolved() for breach in tight.breaches(one)]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
def test_the_longest_names_pass_no_limit(longest: Resolved, limit: Limit) -> None:
    assert list(limit.breaches(longest)) == []


def texts(value: Any) -> Iterator[Any]:
    """The texts of a policy, whole: with the functions that put them together."""
    if isinstance(value, str) or (isinstance(value, dict) and {"Fn::Join", "Fn::Sub"} & {*value}):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def test_no_policy_matches_on_a_name_that_is_made_up() -> None:
    """What starts with the stack's name stands for names that CloudFormation has cut."""
    patterns = 0
    for name, template in templates():
        one = Resolved(template, "STACK")
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] not in POLICIES:
                continue
            for text in texts(resource["Properties"]):
                pattern = str(one.value(text))
                if "*" in pattern or "?" in pattern:
                    patterns += 1
                    assert "STACK" not in pattern, (name, logical_id, pattern)
                    assert f"{name}-*" not in pattern, (name, logical_id, pattern)
    assert patterns


LONGEST = """\
workflow: {workflow}
tags: {{{tags}}}
kms_key: {key}
access_logs: {logs}/{folder}
flow_logs: true
buckets:
  {followed}: {{event_bridge: true, replicate_to: {copies}, replica_kms_key: {key}, expire_days: 9}}
functions:
  aws:
"""
FUNCTION = """\
  - lambda:
      name: {name}
      description: {description}
      init_script: run.sh
      execution_mode: {mode}
      tags: {{{tags}}}
      tracing: {tracing}
      container:
        image: {image}
        build: {build}
        environment: {{Variables: {{{variables}}}}}
      environment: {{Variables: {{AA: {value}}}}}
      secrets: {{SECRET: "{secret}"}}
      input:
      - path: {notified}/{name}/{folder}
        prefix: [{part}]
        suffix: [{part}]
      - {{storage_provider: s3, path: {followed}/{name}/{folder}, suffix: [{part}]}}
      output: [{{storage_provider: s3, path: {out}/{name}/{folder}}}]
    api_gateway: {{name: {name}, auth: api_key}}
    batch:
      secrets: {{JOB_SECRET: "{secret}"}}
      shared_memory_mib: 64
      ulimits: {{nofile: 65536}}
      environment: {{Variables: {{B: {job_value}}}}}
"""


@pytest.fixture(scope="module")
def longest(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    """A file with the longest of everything that `check` lets through."""
    folder = tmp_path_factory.mktemp("longest")
    arn = "arn:aws:kms:ap-southeast-2:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    tags, own_tags = (
        ", ".join(f"{letter}{number:02}: {number}" for number in range(TAGS // 2 - 1))
        + f", {letter * 128}: {'v' * 256}"
        for letter in "tf"
    )
    names = {
        "workflow": "w" * STACK_NAME_MAX,
        "key": arn,
        **{name: (name * 63)[:63] for name in ("logs", "copies", "followed", "notified", "out")},
        "folder": "folder/" * 40 + "end",
        "part": "p" * 60,
        "image": f"{'i' * 120}/{'j' * 120}",
        "secret": f"arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:{'s' * 200}-AbCdEf",
        "description": "d" * 256,
        "value": "a" * 3500,
        "variables": ", ".join(f"V{number}: {'v' * 900}" for number in range(9)),
    }
    text = LONGEST.format(**{**names, "tags": tags})
    for mode, build in (
        *(("lambda", True), ("lambda-batch", True), ("batch", True), ("batch", False)),
    ):
        said = {"name": f"{mode}-{build}-".ljust(64, "n"), "mode": mode, "tags": own_tags}
        said |= {"build": str(build).lower(), "tracing": str(build).lower()}
        said["job_value"] = "b" * (18_000 if build else 7_000)
        text += FUNCTION.format(**{**names, **said})
    (folder / "run.sh").write_text("#!/bin/sh\ntrue\n")
    (folder / "longest.yaml").write_text(text)
    ((name, template),) = templates_of_files(folder).items()
    return Resolved(template, name)
