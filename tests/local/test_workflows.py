"""Real workflows: synthesised, deployed by the CDK CLI, run in containers, with IAM enforced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.workflows import Workflow

pytestmark = pytest.mark.container
FUNCTIONS = (
    *("zoo-upper", "zoo-count", "zoo-seven", "zoo-seven-batch", "zoo-slow", "zoo-auto"),
    "zoo-escape",
    *("zoo-denied", "zoo-kernel"),
)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plain.txt", id="plain"),
        pytest.param("dir a/ñandú 日本 + & # %41 (1)'s.txt", id="letters"),
        pytest.param("/".join(["d" * 100] * 9) + "/" + "x" * 88, id="1,000 bytes"),
    ],
)
def test_a_key_passes_through_batch_and_lambda(zoo: Workflow, name: str) -> None:
    zoo.put("zoo-chain", f"in/{name}", b"abc\n")
    zoo.finish()
    base = name.rsplit("/", 1)[-1]
    assert zoo.text("zoo-chain", f"upper/{base}") == "ABC\n"
    assert zoo.text("zoo-chain", f"count/{base}").strip() == "4"
    upper, count = (
        next(row for row in zoo.rows(function) if row["outputs"] == [f"zoo-chain/{folder}/{base}"])
        for function, folder in (("zoo-upper", "upper"), ("zoo-count", "count"))
    )
    assert (upper["service"], upper["status"], upper["exit_code"]) == ("batch", "succeeded", 0)
    assert upper["input"] == f"zoo-chain/in/{name}"
    assert (count["service"], count["status"]) == ("lambda", "succeeded")


def test_a_key_that_climbs_stays_inside(zoo: Workflow) -> None:
    zoo.put("zoo-chain", "in/a/../../etc/climber", b"abc\n")
    zoo.finish()
    assert zoo.text("zoo-chain", "upper/climber") == "ABC\n"


def test_a_failing_script_is_named_with_its_code_and_its_event_is_kept(zoo: Workflow) -> None:
    before = len(_failed_events(zoo))
    zoo.put("zoo-single", "seven/x.txt")
    zoo.finish()
    (row,) = zoo.rows("zoo-seven")
    assert (row["status"], row["exit_code"], row["attempts"]) == ("failed", 7, 3)
    assert row["input"] == "zoo-single/seven/x.txt"
    assert "giving up" in row["reason"]
    events = _failed_events(zoo)
    assert len(events) == before + 1
    (record,) = [event for event in events if "requestPayload" in event]
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "seven/x.txt"


def test_a_failing_job_is_named_with_its_code_and_its_event_is_kept(zoo: Workflow) -> None:
    zoo.put("zoo-single", "seven-batch/x.txt")
    zoo.finish()
    (row,) = zoo.rows("zoo-seven-batch")
    assert (row["service"], row["status"], row["exit_code"]) == ("batch", "failed", 7)
    (event,) = [event for event in _failed_events(zoo) if event.get("source") == "aws.batch"]
    assert event["detail"]["status"] == "FAILED"
    assert event["detail"]["container"]["exitCode"] == 7


def test_a_script_that_outlasts_its_function_ends_in_a_job(zoo: Workflow) -> None:
    zoo.put("zoo-single", "slow/x.txt")
    zoo.finish()
    function, job = zoo.rows("zoo-slow")
    assert (function["service"], function["status"]) == ("lambda", "delegated")
    assert (job["service"], job["status"]) == ("batch", "succeeded")
    assert function["input"] == job["input"] == "zoo-single/slow/x.txt"
    assert zoo.keys("zoo-single", "slow-out/") == ["slow-out/x.txt"]
    assert zoo.text("zoo-single", "slow-out/x.txt") == f"done in {job['execution']}\n"


def test_the_size_of_a_file_decides_between_lambda_and_batch(zoo: Workflow) -> None:
    zoo.put("zoo-single", "auto/small.txt", b"small\n")
    zoo.put("zoo-single", "auto/large.txt", b"large\n" * 200)
    zoo.finish()
    rows = {(row["input"], row["service"]): row["status"] for row in zoo.rows("zoo-auto")}
    assert rows == {
        ("zoo-single/auto/small.txt", "lambda"): "succeeded",
        ("zoo-single/auto/large.txt", "batch"): "succeeded",
    }
    assert zoo.text("zoo-single", "auto-out/small.txt") == "SMALL\n"
    assert zoo.text("zoo-single", "auto-out/large.txt") == "LARGE\n" * 200


def test_lambda_conditions_and_an_image_with_an_entrypoint(zoo: Workflow) -> None:
    zoo.put("zoo-single", "escape/x.txt")
    zoo.finish()
    (row,) = zoo.rows("zoo-escape")
    assert (row["status"], row["exit_code"]) == ("succeeded", 0)
    assert zoo.text("zoo-single", "escape-out/x.txt") == "993:990\n"


def test_iam_is_enforced_on_a_function(zoo: Workflow) -> None:
    """Without its policies the function's role may do nothing, whatever the runtime tries."""
    iam, functions = zoo.cloud.client("iam"), zoo.cloud.client("lambda")
    role = functions.get_function(FunctionName="zoo-denied")["Configuration"]["Role"]
    name = role.rsplit("/", 1)[-1]
    zoo.put("zoo-single", "denied/before.txt")
    zoo.finish()
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    assert policies
    for policy in policies:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    zoo.put("zoo-single", "denied/after.txt")
    zoo.finish()
    before, after = zoo.rows("zoo-denied")
    assert before["status"] == "succeeded"
    assert after["status"] == "failed"
    assert "AccessDenied" in after["reason"]
    assert zoo.keys("zoo-single", "denied-out/") == ["denied-out/before.txt"]


def test_the_images_are_in_the_registry(zoo: Workflow) -> None:
    assets = json.loads((zoo.assembly / "zoo.assets.json").read_text())
    tags = {
        place["imageTag"]
        for image in assets["dockerImages"].values()
        for place in image["destinations"].values()
    }
    assert len(tags) == len(FUNCTIONS)
    registry = zoo.cloud.client("ecr")
    (repository,) = [
        repository["repositoryName"]
        for repository in registry.describe_repositories()["repositories"]
        if "container-assets" in repository["repositoryName"]
    ]
    images = registry.describe_images(
        repositoryName=repository,
        imageIds=[{"imageTag": tag} for tag in sorted(tags)],
    )["imageDetails"]
    assert {tag for image in images for tag in image["imageTags"]} == tags
    assert all(image["imageDigest"].startswith("sha256:") for image in images)


def _failed_events(zoo: Workflow) -> list[dict[str, Any]]:
    """The bodies of all messages of the stack's failure queue; they stay in it."""
    queues = zoo.cloud.client("sqs")
    bodies = []
    for url in queues.list_queues(QueueNamePrefix="zoo-")["QueueUrls"]:
        for _ in range(10):
            answer = queues.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            bodies += [message["Body"] for message in answer.get("Messages", ())]
    return [json.loads(body) for body in dict.fromkeys(bodies)]


def test_a_job_has_the_shared_memory_and_the_limits_of_the_file(zoo: Workflow) -> None:
    zoo.put("zoo-single", "kernel/x.txt")
    zoo.finish()
    assert zoo.text("zoo-single", "kernel-out/limits").split() == [str(96 * 1024), "512", "512"]
