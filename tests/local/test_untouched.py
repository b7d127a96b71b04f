"""Jobs whose image nothing is put into, and a job over several hosts: deployed, in containers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local.run import ensure_helpers
from scar_constructs.local.server import CloudAddress
from scar_constructs.operate.redrive.failures import read_service_failure
from tests.local.workflows import Workflow, build_entrypoint_image, build_image, quiet
from tests.support.waiting import eventually

pytestmark = pytest.mark.container
DATA = Path(__file__).parent / "data"
_NOBODY = """\
FROM public.ecr.aws/docker/library/debian:trixie-slim
USER 4321:4321
WORKDIR /var
"""


@pytest.fixture(scope="module")
def untouched(cloud: CloudAddress, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    ensure_helpers(cloud.engine, quiet)
    parameter = {"Name": "/untouched/licence", "Type": "SecureString", "Value": "to copy"}
    cloud.client("ssm").put_parameter(**parameter)
    build_image(cloud, tmp_path_factory.mktemp("nobody"), "scar-test/nobody", _NOBODY)
    build_entrypoint_image(cloud, tmp_path_factory.mktemp("entrypoint"))
    files = [DATA / name / f"{name}.yaml" for name in ("untouched", "nodes")]
    workflow = Workflow(cloud, files, tmp_path_factory.mktemp("untouched-assembly"))
    for key in ("copy/a b.txt", "seven/x.txt", "swallowed/x.txt", "kernel/x.txt"):
        workflow.put("untouched", key, b"words\n")
    workflow.put("nodes-bucket", "in/x.txt", b"words\n")
    workflow.finish()
    return workflow


def failed_event(workflow: Workflow, function: str) -> Mapping[str, Any]:
    """What the failure queue says of the only job of a function."""
    queues = workflow.cloud.client("sqs")
    found = []
    for url in queues.list_queues(QueueNamePrefix="untouched")["QueueUrls"]:
        for _ in range(10):
            answer = queues.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            found += [json.loads(message["Body"]) for message in answer.get("Messages", ())]
    named = {one["detail"]["jobId"]: one for one in found if "detail" in one}
    (event,) = [one for one in named.values() if one["detail"]["jobName"].startswith(function)]
    return dict(event)


def test_nothing_is_built(untouched: Workflow) -> None:
    assets = json.loads((untouched.assembly / "untouched.assets.json").read_text())
    assert assets["dockerImages"] == {}


def test_a_script_in_an_image_of_another_user(untouched: Workflow) -> None:
    (row,) = untouched.rows("untouched-copy")
    assert (row["service"], row["status"], row["exit_code"]) == ("batch", "succeeded", 0)
    assert row["input"] == "untouched/copy/a b.txt"
    copy, facts = sorted(row["outputs"])
    assert untouched.text("untouched", copy.removeprefix("untouched/")) == "WORDS\n"
    said = untouched.text("untouched", facts.removeprefix("untouched/")).splitlines()
    request = copy.split("/")[2]
    assert said == ["4321", "it's mine", f"/tmp/{request}", "to copy"]


def test_a_script_that_fails(untouched: Workflow) -> None:
    (row,) = untouched.rows("untouched-seven")
    assert (row["status"], row["exit_code"], row["attempts"]) == ("failed", 7, 1)
    assert untouched.keys("untouched", "seven-out/") == []
    event = failed_event(untouched, "untouched-seven")
    (task,) = event["detail"]["attempts"][0]["taskProperties"]
    failure = read_service_failure(json.dumps(event), {})
    assert failure.function == "untouched-seven"
    assert failure.job is not None
    assert failure.job.id == event["detail"]["jobId"]
    codes = {one["name"]: one["exitCode"] for one in task["containers"]}
    assert codes == {"stage-in": 0, "program": 7, "stage-out": 7}


def test_shared_memory_and_limits_are_those_of_the_file(untouched: Workflow) -> None:
    (row,) = untouched.rows("untouched-kernel")
    (output,) = row["outputs"]
    said = untouched.text("untouched", output.removeprefix("untouched/")).split()
    assert said == [str(96 * 1024), "512", "512"]


def test_an_entrypoint_that_swallows_the_script(untouched: Workflow) -> None:
    (row,) = untouched.rows("untouched-swallowed")
    assert (row["status"], row["exit_code"]) == ("failed", 1)
    assert untouched.keys("untouched", "swallowed-out/") == []
    logs = untouched.cloud.client("logs")
    events = logs.filter_log_events(logGroupName="/scar/batch/untouched-swallowed")["events"]
    assert any("the image's ENTRYPOINT did not run" in event["message"] for event in events)


def test_a_job_that_is_ended_publishes_nothing(untouched: Workflow) -> None:
    batch, logs = untouched.cloud.client("batch"), untouched.cloud.client("logs")
    untouched.put("untouched", "endless/x.txt")

    def waits() -> bool:
        events = logs.filter_log_events(logGroupName="/scar/batch/untouched-endless")["events"]
        return any(event["message"] == "waiting" for event in events)

    eventually(waits)
    (queue,) = [
        one["jobQueueName"]
        for one in batch.describe_job_queues()["jobQueues"]
        if one["jobQueueName"].startswith("untouched")
    ]
    (job,) = batch.list_jobs(jobQueue=queue)["jobSummaryList"]
    batch.terminate_job(jobId=job["jobId"], reason="enough")
    untouched.finish()
    (row,) = untouched.rows("untouched-endless")
    assert row["status"] == "failed"
    assert untouched.keys("untouched", "endless-out/") == []
    detail = failed_event(untouched, "untouched-endless")["detail"]
    assert (detail["statusReason"], len(detail["attempts"])) == ("enough", 1)


def test_a_job_over_three_nodes_publishes_once(untouched: Workflow) -> None:
    (row,) = untouched.rows("nodes-meet")
    assert (row["status"], row["exit_code"]) == ("succeeded", 0)
    (output,) = row["outputs"]
    assert output.endswith("/from-1")
    keys = untouched.keys("nodes-bucket", "out/")
    assert [f"nodes-bucket/{key}" for key in keys] == [output]
    logs = untouched.cloud.client("logs")
    events = logs.filter_log_events(logGroupName="/scar/batch/nodes-meet")["events"]
    lines = [one["message"] for one in events]
    # The runtime's own lines, in JSON, quote what a script wrote.
    said = sorted(line for line in lines if " of 3, by " in line and not line.startswith("{"))
    assert said == ["0 of 3, by 127.0.0.1", "1 of 3, by ", "2 of 3, by 127.0.0.1"]
