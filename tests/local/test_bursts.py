"""Bursts, deployed, with IAM enforced: hundreds of files become a few array jobs.

Functions run as host processes, so that a script can look whether something has been mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName
from scar_constructs.local.server import LocalCloud
from tests.local.test_redrive import depth, redrive
from tests.local.workflows import Workflow

DATA = Path(__file__).parent / "data" / "bursts" / "bursts.yaml"
FILES = 200


@pytest.fixture(scope="module")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("bursts-cloud")) as running:
        bootstrap([], running)
        yield Workflow(running, [DATA], tmp_path_factory.mktemp("bursts-assembly"))


def arrays(workflow: Workflow) -> list[dict[str, Any]]:
    """The array jobs of the function, which have ended."""
    batch = workflow.cloud.client("batch")
    (queue,) = batch.describe_job_queues()["jobQueues"]
    found = [
        job
        for status in ("SUCCEEDED", "FAILED")
        for job in batch.list_jobs(jobQueue=queue["jobQueueArn"], jobStatus=status)[
            "jobSummaryList"
        ]
    ]
    return [job for job in found if "arrayProperties" in job]


def test_hundreds_of_files_are_a_few_arrays_and_one_that_fails_is_redriven(
    bursts: Workflow, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    contents = {f"f{number:03}": b"well\n" for number in range(FILES)}
    contents["f123"] = f"fail {mended}\n".encode()
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(lambda one: bursts.put("bursts", f"in/{one[0]}", one[1]), contents.items())
        )
    bursts.finish()

    found = arrays(bursts)
    assert len(found) <= 20
    assert sum(job["arrayProperties"]["size"] for job in found) >= FILES - 2
    rows = [row for row in bursts.rows("gathered") if row["input"]]  # S3 sends a test event, too
    ended = Counter((row["input"], row["status"]) for row in rows)
    expected = {f"bursts/in/{name}": "succeeded" for name in contents} | {
        "bursts/in/f123": "failed"
    }
    assert ended == Counter(expected.items())
    assert len(bursts.keys("bursts", "out/")) == FILES - 1

    assert depth(bursts.cloud, bursts.service_failures()) == 1
    mended.touch()
    code, given = redrive(bursts.cloud, "bursts")
    assert (code, [(one["action"], one["input"]) for one in given]) == (
        0,
        [("redriven", "bursts/in/f123")],
    )
    bursts.finish()
    assert len(bursts.keys("bursts", "out/")) == FILES
    again = [row["status"] for row in bursts.rows("gathered") if row["input"] == "bursts/in/f123"]
    assert again == ["failed", "succeeded"]
    assert bursts.cloud.activity()["warnings"] == []
