"""Bursts, deployed, with IAM enforced: hundreds of files become a few array jobs.

Functions run as host processes, so that a script can look whether something has been mended.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName
from scar_constructs.local.server import LocalCloud
from tests.local.test_redrive import depth, redrive
from tests.local.workflows import Workflow
from tests.support.waiting import eventually

DATA = Path(__file__).parent / "data" / "bursts" / "bursts.yaml"
FILES = 120


@pytest.fixture(scope="module")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("bursts-cloud")) as running:
        bootstrap([], running)
        yield Workflow(running, [DATA], tmp_path_factory.mktemp("bursts-assembly"))


def put_all(workflow: Workflow, bucket: str, contents: Mapping[str, bytes]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(lambda one: workflow.put(bucket, f"in/{one[0]}", one[1]), contents.items())
        )


def job_queue(workflow: Workflow, function: str) -> str:
    settings = workflow.cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(settings["Environment"]["Variables"]["SCAR_JOB_QUEUE"])


def submitted(workflow: Workflow, function: str) -> list[dict[str, Any]]:
    """What has been submitted for the function and has ended: arrays and plain jobs."""
    batch = workflow.cloud.client("batch")
    pages = [
        batch.list_jobs(jobQueue=job_queue(workflow, function), jobStatus=status)
        for status in ("SUCCEEDED", "FAILED")
    ]
    return [job for page in pages for job in page["jobSummaryList"]]


def files_of(jobs: list[dict[str, Any]]) -> int:
    return sum(job.get("arrayProperties", {"size": 1})["size"] for job in jobs)


def ended(workflow: Workflow, function: str) -> Counter[tuple[str, str]]:
    """How often each file has ended in which way. S3 tells of no file once, to try the queue."""
    rows = [row for row in workflow.rows(function) if row["input"]]
    return Counter((row["input"], row["status"]) for row in rows)


def test_hundreds_of_files_are_a_few_arrays_and_one_that_fails_is_redriven(
    bursts: Workflow, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    contents = {f"f{number:03}": b"well\n" for number in range(FILES)}
    contents["f012"] = f"fail {mended}\n".encode()
    put_all(bursts, "bursts", contents)
    bursts.finish()

    jobs = submitted(bursts, "gathered")
    assert (len(jobs) <= 20, files_of(jobs)) == (True, FILES)
    broken = "bursts/in/f012"
    expected = {f"bursts/in/{name}": "succeeded" for name in contents} | {broken: "failed"}
    assert ended(bursts, "gathered") == Counter(expected.items())
    assert len(bursts.keys("bursts", "out/")) == FILES - 1

    assert depth(bursts.cloud, bursts.service_failures()) == 1
    mended.touch()
    code, given = redrive(bursts.cloud, "bursts")
    assert (code, [(one["action"], one["input"]) for one in given]) == (0, [("redriven", broken)])
    assert "code 7" in given[0]["reason"]
    bursts.finish()
    assert len(bursts.keys("bursts", "out/")) == FILES
    assert ended(bursts, "gathered")[(broken, "succeeded")] == 1
    assert bursts.cloud.activity()["warnings"] == []


def test_a_rule_of_eventbridge_fills_the_queue_and_the_filters_hold(bursts: Workflow) -> None:
    contents = {f"f{number}{end}": b"well\n" for number in range(10) for end in (".txt", ".png")}
    put_all(bursts, "bursts-ruled", contents)
    bursts.finish()
    jobs = submitted(bursts, "ruled")
    assert (len(jobs) <= 4, files_of(jobs)) == (True, 10)
    expected = {
        (f"bursts-ruled/in/{name}", "succeeded" if name.endswith(".txt") else "ignored"): 1
        for name in contents
    }
    assert ended(bursts, "ruled") == Counter(expected)
    assert bursts.cloud.activity()["warnings"] == []


def test_what_cannot_be_submitted_reaches_the_failure_queue_and_is_redriven(
    bursts: Workflow,
) -> None:
    batch, queue = bursts.cloud.client("batch"), job_queue(bursts, "ruled")
    batch.update_job_queue(jobQueue=queue, state="DISABLED")
    names = ("later-1.txt", "later-2.txt", "later-3.txt")
    put_all(bursts, "bursts-ruled", dict.fromkeys(names, b"well\n"))
    bursts.finish()
    assert depth(bursts.cloud, bursts.service_failures()) == 3

    batch.update_job_queue(jobQueue=queue, state="ENABLED")
    code, given = redrive(bursts.cloud, "bursts")
    inputs = sorted(f"bursts-ruled/in/{name}" for name in names)
    assert (code, sorted(one["input"] for one in given)) == (0, inputs)
    assert {(one["action"], one["function"]) for one in given} == {("redriven", "ruled")}
    bursts.finish()
    done = ended(bursts, "ruled")
    assert [done[(name, "succeeded")] for name in inputs] == [1, 1, 1]


def test_only_services_may_send_to_the_queue(bursts: Workflow) -> None:
    """Not even who may do everything: what lies there is believed."""
    client = bursts.cloud.client("sqs")
    url = client.get_queue_url(QueueName="scar-events-gathered")["QueueUrl"]
    policy = json.loads(
        client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    )
    refused = [
        one["Sid"] for one in policy["Statement"] if one["Effect"] == "Deny" and "Sid" in one
    ]
    assert refused == ["FromNothingElse"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.send_message(QueueUrl=url, MessageBody="{}")


def test_lambda_reads_the_queue_with_the_function_s_role(bursts: Workflow) -> None:
    """What its policy does not allow is told, and the file waits until it does."""
    roles, functions = bursts.cloud.client("iam"), bursts.cloud.client("lambda")
    role = functions.get_function_configuration(FunctionName="ruled")["Role"].rpartition("/")[2]
    (name,) = roles.list_role_policies(RoleName=role)["PolicyNames"]
    whole = roles.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [one for one in whole["Statement"] if one["Sid"] != "ReceiveEvents"]
    assert len(kept) == len(whole["Statement"]) - 1

    def put_policy(document: Mapping[str, Any]) -> None:
        roles.put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps(dict(document))
        )

    put_policy({**whole, "Statement": kept})
    bursts.put("bursts-ruled", "in/denied.txt", b"well\n")
    eventually(lambda: bool(bursts.cloud.activity()["warnings"]))
    (warning,) = bursts.cloud.activity()["warnings"]
    assert "cannot read" in warning
    assert "sqs:ReceiveMessage" in warning
    put_policy(whole)
    bursts.finish()
    assert ended(bursts, "ruled")["bursts-ruled/in/denied.txt", "succeeded"] == 1
