"""The policies of `scar policy`: well-formed for every golden file, and no wider than they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language import load_application
from scar_constructs.operate.policies import KEPT_LETTERS, KINDS, Place, policy

CASES = sorted(
    path
    for path in (Path(__file__).parent.parent / "golden" / "templates").iterdir()
    if path.is_dir()
)
ANYWHERE = {
    "cloudformation:DescribeStacks",
    "batch:DescribeJobs",
    "batch:ListJobs",
    "cloudwatch:GetMetricStatistics",
}
"""Actions that know no narrower resource."""


def statements(kind: str, case: Path) -> list[dict[str, Any]]:
    application = load_application([case]).application
    found: list[dict[str, Any]] = policy(kind, application, Place("123456789012"))["Statement"]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_policy_is_one_that_iam_takes(case: Path, kind: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    found = statements(kind, case)
    sids = [one["Sid"] for one in found]
    assert len(sids) == len(set(sids))
    for one in found:
        assert re.fullmatch("[A-Za-z0-9]+", one["Sid"])
        assert one["Action"]
        assert one["Resource"]
        if "*" in one["Resource"]:
            assert set(one["Action"]) <= ANYWHERE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_reads_changes_nothing_and_who_operates_reads(case: Path) -> None:
    read = {action for one in statements("read", case) for action in one["Action"]}
    assert not [one for one in read if not re.search(r":(?:Get|List|Describe|Filter|Decrypt)", one)]
    assert read <= {action for one in statements("operate", case) for action in one["Action"]}


def test_a_stack_s_own_key_opens_its_queue_and_its_files(tmp_path: Path) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho\n")
    (tmp_path / "a.yaml").write_text(
        f"kms_key: {key}\nfunctions:\n  f: {{image: busybox, init_script: run.sh}}\n"
    )
    found = {one["Sid"]: one["Resource"] for one in statements("operate", tmp_path)}
    assert found["DecryptFiles"] == found["EncryptFiles"] == [key]


def test_what_cloudformation_cuts_is_not_matched(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho\n")
    name = "n" * 60
    (tmp_path / f"{name}.yaml").write_text(
        "functions:\n  f: {image: busybox, init_script: run.sh}\n"
    )
    found = {one["Sid"]: one["Resource"] for one in statements("operate", tmp_path)}
    (queues,) = found["TakeFailures"]
    assert queues.endswith(f":{'n' * KEPT_LETTERS}*-SharedFailures*")
