"""T5, resume: what is mended goes on where it broke. Redrive gives failed events to their functions
again; what had succeeded is not run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from scar_runtime import claims
from scar_runtime.events import wrapped

from scar_constructs.installation import CHECKOUT
from scar_constructs.local.server import CloudAddress
from scar_constructs.operate.redrive import failures, jobs
from tests.local.accounts import service_client
from tests.local.workflows import Workflow
from tests.runtime.functions import s3_record

CHAINS = {"broken-chain": "broken", "broken-jobs": "broken-jobs"}


def redrive(cloud: CloudAddress, *arguments: str, **variables: str) -> tuple[int, Any]:
    """The command's exit code and its results; what it says on standard error if it has none."""
    done = subprocess.run(
        [sys.executable, "-m", "scar_constructs", "redrive", "--json", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **cloud.environment(), **variables},
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def attempts(workflow: Workflow, name: str, file: str = "x") -> list[tuple[str, str]]:
    """What ran of a chain for a file: the function's number and how it ended; of each function in
    order. Its last output starts the next one, which may end before it."""
    functions = [f"{name}-{number}" for number in (1, 2, 3)]
    rows = [row for row in workflow.rows(*functions) if row["input"].endswith(f"/{file}")]
    ended = [(row["function"].rsplit("-", 1)[1], row["status"]) for row in rows]
    return sorted(ended, key=itemgetter(0))


def depth(cloud: CloudAddress, url: str) -> int:
    """Messages in a queue, seen or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(count) for count in answer["Attributes"].values())


def test_t5_a_mended_stage_goes_on_and_what_succeeded_does_not_run_again(
    host: Workflow, tmp_path: Path
) -> None:
    """Two chains at once: the stage that breaks is a Lambda function of one, a job of the other."""
    mended = tmp_path / "mended"
    for bucket in CHAINS:
        host.put(bucket, "in/x", str(mended).encode())
    host.finish()
    for bucket, name in CHAINS.items():
        assert attempts(host, name) == [("1", "succeeded"), ("2", "failed")]
        assert host.keys(bucket, "two/") == []
    for row in host.rows("broken-2", "broken-jobs-2"):
        assert (row["status"], "looking for a file" in row["reason"]) == ("failed", True)

    code, found = redrive(host.cloud, "host", "--dry-run")
    assert code == 0
    assert {one["action"] for one in found} == {"found"}
    assert sorted(one["input"] for one in found) == [f"{bucket}/one/x" for bucket in CHAINS]
    assert all("its last output:\nlooking for a file" in one["reason"] for one in found)
    assert sorted(one["log"].partition("/default/")[0] for one in found) == [
        "",
        "/scar/batch/broken-jobs-2 broken-jobs-2",
    ]
    assert {one["function"] for one in found} == {"broken-2", "broken-jobs-2"}

    mended.touch()
    code, given = redrive(host.cloud, "host")
    assert (code, [one["action"] for one in given]) == (0, ["redriven"] * 2)
    host.finish()
    expected = [("1", "succeeded"), ("2", "failed"), ("2", "succeeded"), ("3", "succeeded")]
    for bucket, name in CHAINS.items():
        assert attempts(host, name) == expected
        assert host.keys(bucket, "three/") == ["three/x"]

    assert redrive(host.cloud, "host") == (0, [])
    host.finish()
    assert [attempts(host, name) for name in CHAINS.values()] == [expected] * 2


def test_t5_the_same_failure_twice_is_done_once(host: Workflow, tmp_path: Path) -> None:
    """As when the redrive ended between the invocation and the removal of its message."""
    sqs = host.cloud.client("sqs")
    mended = tmp_path / "mended"
    host.put("broken-jobs", "in/twice", str(mended).encode())
    host.finish()
    url = host.service_failures()
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    mended.touch()
    assert redrive(host.cloud, "host")[0] == 0
    host.finish()
    before = attempts(host, "broken-jobs", "twice")

    again = service_client(host.cloud, "sqs")
    again.send_message(QueueUrl=url, MessageBody=message["Body"])
    code, settled = redrive(host.cloud, "host")
    assert (code, [one["action"] for one in settled]) == (0, ["settled"])
    host.finish()
    assert attempts(host, "broken-jobs", "twice") == before
    assert depth(host.cloud, url) == 0


def test_t5_what_is_still_broken_comes_back(host: Workflow, tmp_path: Path) -> None:
    host.put("broken-jobs", "in/still", str(tmp_path / "never").encode())
    host.finish()
    url = host.service_failures()
    _, given = redrive(host.cloud, "host")
    # The job may fail again before the redrive is done, which then does not try for ever.
    assert [one["action"] for one in given] in (["redriven"], ["redriven", "kept"])
    host.finish()
    assert depth(host.cloud, url) == 1
    host.cloud.client("sqs").purge_queue(QueueUrl=url)


def test_t6_a_role_may_see_what_its_function_has_published(host: Workflow, tmp_path: Path) -> None:
    """With IAM enforced: who goes on with a claim finds its outputs, and the next stage, which has
    had its event, gets no other one."""
    mended = tmp_path / "mended"
    mended.touch()
    host.put("broken-chain", "in/whole", str(mended).encode())
    host.finish()
    once = [("1", "succeeded"), ("2", "succeeded"), ("3", "succeeded")]
    assert attempts(host, "broken", "whole") == once

    # As if the first process had died between its last output and its note that it was done.
    functions = host.cloud.client("lambda")
    settings = functions.get_function_configuration(FunctionName="broken-1")["Environment"]
    spool = settings["Variables"]["SCAR_SPOOL_BUCKET"]
    claims_of_it = {
        key: claim
        for key in host.keys(spool, "broken-1/claims/")
        if "in/whole" in (claim := json.loads(host.text(spool, key)))["of"]
    }
    [(key, claim)] = claims_of_it.items()
    host.put(spool, key, json.dumps({**claim, "state": claims.FAILED}).encode())
    event = s3_record(
        "broken-chain",
        "in/whole",
        eTag=claim["content"]["etag"],
        size=claim["content"]["size"],
        sequencer=claim["of"][-1],
        versionId=claim["of"][-2],
    )
    functions.invoke(
        FunctionName="broken-1",
        InvocationType="Event",
        Payload=json.dumps({"Records": [event]}).encode(),
    )
    host.finish()
    assert json.loads(host.text(spool, key))["state"] == claims.DONE
    assert attempts(host, "broken", "whole") == [("1", "succeeded"), *once]


def test_the_states_of_a_claim_are_the_runtime_s() -> None:
    assert (jobs.DONE, jobs.FAILED) == (claims.DONE, claims.FAILED)
    assert failures.REDRIVEN == wrapped.REDRIVEN


@pytest.mark.parametrize(
    ("stack", "text"),
    [
        (
            "no-such-stack",
            "there is no stack no-such-stack in region us-east-1 of this account: name",
        ),
        ("CDKToolkit", "it is none of SCAR"),
    ],
)
def test_a_fault_is_told_in_one_line(host: Workflow, stack: str, text: str) -> None:
    code, told = redrive(host.cloud, stack)
    assert code == 1
    assert text in told
    assert len(told.splitlines()) == 1
