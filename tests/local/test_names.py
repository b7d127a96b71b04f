"""Generated names are cut as CloudFormation cuts them, and nothing depends on where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scar_constructs.emulator.generated_names import LIMITS, generated_name
from tests.local.test_redrive import depth
from tests.local.workflows import Workflow

LONG = "a-workflow-whose-name-is-longer-than-its-rules-can-hold-1234"
FILE = f"""\
workflow: {LONG}
functions:
  aws:
  - lambda:
      name: never-well
      execution_mode: batch
      container: {{image: public.ecr.aws/docker/library/debian:trixie-slim}}
      init_script: fail.sh
      input: [{{storage_provider: s3, path: long-name/in}}]
"""


@pytest.mark.parametrize(
    ("resource_type", "logical_id", "tail", "name"),
    [
        (
            *("AWS::S3::Bucket", "RainlyticsLogsBucket8DF4ABCD1234", "hdst4ohfvdif"),
            "chineseboostanalyticsstac-rainlyticslogsbucket8df4-hdst4ohfvdif",
        ),
        (
            *("AWS::IAM::Role", "RainlyticsSummariesJobFunctionServiceRole", "UjecjFhpdr1d"),
            "ChineseboostAnalyticsStac-RainlyticsSummariesJobFun-UjecjFhpdr1d",
        ),
        (
            *("AWS::Logs::LogGroup", "RainlyticsSummariesJobLogs1C6CB09C", "UJ5n2NwuSPZB"),
            "ChineseboostAnalyticsStack-RainlyticsSummariesJobLogs1C6CB09C-UJ5n2NwuSPZB",
        ),
    ],
    ids=["bucket", "role", "log group"],
)
def test_names_that_cloudformation_made(
    resource_type: str, logical_id: str, tail: str, name: str
) -> None:
    """The three of https://github.com/KensioSoftware/yulin/issues/1113."""
    assert generated_name(resource_type, "ChineseboostAnalyticsStack", logical_id, tail) == name


@pytest.mark.parametrize("stack", ["s", "stack" * 5, "stack" * 25])
@pytest.mark.parametrize("logical_id", ["L", "Logical" * 4, "Logical" * 36])
def test_names_are_as_long_as_their_type_allows(stack: str, logical_id: str) -> None:
    tail, other = "123456789012", 90
    for resource_type, limit in {**LIMITS, "AWS::Some::Other": other}.items():
        name = generated_name(resource_type, stack, logical_id, tail, other)
        assert len(name) == min(len(f"{stack}-{logical_id}-{tail}"), limit), resource_type
        assert name.endswith(f"-{tail}")


def test_what_one_part_leaves_goes_to_the_other() -> None:
    short, long, tail = "flow", "L" * 60, "123456789012"
    assert generated_name("AWS::IAM::Role", short, long, tail) == f"flow-{'L' * 46}-{tail}"
    assert generated_name("AWS::IAM::Role", long, short, tail) == f"{'L' * 46}-flow-{tail}"


def test_the_failures_of_a_stack_with_a_long_name_reach_its_queue(
    host: Workflow, tmp_path: Path
) -> None:
    (tmp_path / "fail.sh").write_text("#!/bin/sh\nexit 7\n")
    (tmp_path / "long.yaml").write_text(FILE)
    workflow = Workflow(host.cloud, [tmp_path / "long.yaml"], tmp_path / "assembly")

    workflow.put("long-name", "in/x")
    workflow.finish()

    rules = host.cloud.client("events").list_rules()["Rules"]
    assert not [one["Name"] for one in rules if one["Name"].startswith(LONG)]
    url = workflow.service_failures()
    assert depth(host.cloud, url) == 1
    sqs = host.cloud.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"]["status"] == "FAILED"
    sqs.purge_queue(QueueUrl=url)
