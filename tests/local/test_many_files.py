"""Many files in one account: one network, few machines, and what Batch ends is not lost.

Functions run as host processes: what is tested is what CloudFormation makes of the templates, and
what Batch does with queues.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language import load_application
from scar_constructs.local.cdk import bootstrap, deploy
from scar_constructs.local.engines import EngineName
from scar_constructs.local.run import failed_events, wait
from scar_constructs.local.server import CloudAddress, LocalCloud
from tests.local.moving import IMAGE
from tests.local.test_redrive import redrive
from tests.local.workflows import WAIT_SECONDS, cdk, quiet
from tests.support.waiting import eventually
from tests.synth.synthesis import synthesise

COPY = "cat $INPUT_FILE_PATH >$TMP_OUTPUT_DIR/$(basename $INPUT_FILE_PATH)"
FILES = 12
FUNCTION = """\
functions:
  {name}: {{image: {image}, init_script: run.sh, execution_mode: batch, s3: {{input_bucket: {name}}}}}
"""  # noqa: E501


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudAddress]:
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("many-cloud")) as running:
        bootstrap([], running)
        yield running


@pytest.fixture(scope="module")
def assembly(cloud: CloudAddress, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve files of one function each, deployed."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "run.sh").write_text(f"#!/bin/sh\n{COPY}\n")
    for number in range(FILES):
        text = FUNCTION.format(name=f"many-{number}", image=IMAGE)
        (folder / f"many-{number}.yaml").write_text(text)
    synthesise(load_application([folder]).application, folder / "assembly")
    deploy(folder / "assembly", cloud)
    return folder / "assembly"


def listed(cloud: CloudAddress) -> dict[str, list[dict[str, Any]]]:
    batch, ec2 = cloud.client("batch"), cloud.client("ec2")
    return {
        "environments": batch.describe_compute_environments()["computeEnvironments"],
        "queues": batch.describe_job_queues()["jobQueues"],
        "networks": [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
    }


def test_twelve_files_have_one_network_and_stay_within_fifty_environments(
    cloud: CloudAddress, assembly: Path
) -> None:
    assert assembly.is_dir()
    found = listed(cloud)
    assert len(found["networks"]) == 1
    assert len(found["environments"]) == len(found["queues"]) == FILES <= 50
    subnets = {tuple(one["computeResources"]["subnets"]) for one in found["environments"]}
    exports = cloud.client("cloudformation").list_exports()["Exports"]
    values = {one["Name"]: one["Value"] for one in exports}
    assert subnets == {(values["scar-network:1:Subnet1"], values["scar-network:1:Subnet2"])}


def test_jobs_of_any_file_run_in_it(cloud: CloudAddress, assembly: Path) -> None:
    assert assembly.is_dir()
    storage = cloud.client("s3")
    for number in (0, FILES - 1):
        name = f"many-{number}"
        storage.put_object(Bucket=name, Key=f"{name}/input/x", Body=b"moo\n")
    assert not wait(cloud, WAIT_SECONDS, quiet)
    assert failed_events(cloud, []) == {}
    rows = [row for row in cloud.activity()["executions"] if row["service"] == "batch"]
    assert [row["status"] for row in rows] == ["succeeded"] * 2


def test_the_network_stays_while_a_stack_uses_it_and_goes_after_the_last(
    cloud: CloudAddress, assembly: Path
) -> None:
    formation = cloud.client("cloudformation")
    with pytest.raises(formation.exceptions.ClientError, match=r"scar-network:1:.*imported by"):
        formation.delete_stack(StackName="scar-network")
    cdk(cloud, "destroy", "--all", "--force", "--app", str(assembly))
    assert listed(cloud) == {"environments": [], "queues": [], "networks": []}


def mover(*batch: str) -> str:
    """A function whose jobs wait for a file of the host, with a `batch` block."""
    return "\n".join(
        [
            "workflow: mover",
            "functions:",
            "  mover:",
            f"    image: {IMAGE}",
            "    init_script: run.sh",
            "    execution_mode: batch",
            "    s3: {input_bucket: mover}",
            f"    batch: {{vcpus: 2{''.join(f', {one}' for one in batch)}}}",
        ]
    )


def test_jobs_of_a_queue_that_goes_are_redriven_into_the_next(
    cloud: CloudAddress, tmp_path: Path
) -> None:
    """Without `former`: Batch ends the jobs, those that wait and the one that runs."""
    ready = tmp_path / "ready"
    (tmp_path / "run.sh").write_text(
        f"#!/bin/sh\nuntil [ -e {ready} ]; do sleep 0.1; done\n{COPY}\n"
    )

    def deployed(folder: str, text: str) -> None:
        (tmp_path / "mover.yaml").write_text(text)
        application = load_application([tmp_path / "mover.yaml"]).application
        synthesise(application, tmp_path / folder)
        deploy(tmp_path / folder, cloud)

    deployed("first", mover())
    storage, batch = cloud.client("s3"), cloud.client("batch")
    for name in ("a", "b", "c"):
        storage.put_object(Bucket="mover", Key=f"mover/input/{name}", Body=b"moo\n")
    (queue,) = (one["jobQueueArn"] for one in batch.describe_job_queues()["jobQueues"])

    def states() -> list[str]:
        return [
            state
            for state in ("RUNNABLE", "STARTING", "RUNNING")
            for _ in batch.list_jobs(jobQueue=queue, jobStatus=state)["jobSummaryList"]
        ]

    eventually(lambda: states() == ["RUNNABLE", "RUNNABLE", "RUNNING"], states)
    deployed("second", mover("compute_resources: {type: SPOT}"))
    (other,) = (one["jobQueueArn"] for one in batch.describe_job_queues()["jobQueues"])
    assert other != queue
    assert not wait(cloud, WAIT_SECONDS, quiet)
    ready.touch()
    code, redriven = redrive(cloud, "mover")
    assert (code, [one["action"] for one in redriven]) == (0, ["redriven"] * 3)
    assert not wait(cloud, WAIT_SECONDS, quiet)
    assert failed_events(cloud, []) == {}
    keys = storage.list_objects_v2(Bucket="mover", Prefix="mover/output/")["Contents"]
    assert sorted(one["Key"].rpartition("/")[2] for one in keys) == ["a", "b", "c"]
    done = batch.list_jobs(jobQueue=other, jobStatus="SUCCEEDED")["jobSummaryList"]
    assert len(done) == 3
