"""Deployments while files keep arriving: no event may be lost, whatever changes.

Functions run as host processes here: what is tested is the order in which CloudFormation changes
resources, and what S3, Lambda and Batch do meanwhile, to which images add nothing but minutes. The
cloud keeps telling the functions that a bucket notified before for some seconds after a change, as
S3 does for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.emulator.wiring import SETTLING_SECONDS
from scar_constructs.local.cdk import deploy
from scar_constructs.local.engines import EngineName
from scar_constructs.local.errors import LocalError
from scar_constructs.local.run import failed_events
from scar_constructs.local.server import CloudAddress, LocalCloud
from tests.local.inventory import added, inventory
from tests.local.moving import IMAGE, Seen, Uploads, versions
from tests.local.workflows import cdk
from tests.support.waiting import eventually

HEAD = f"""
workflow: moving
defaults:
  lambda:
    container: {{image: {IMAGE}}}
"""


def function(name: str, place: str, script: str, *more: str, **blocks: str) -> str:
    """A function from `in` to the folder of the place `BUCKET/FOLDER`, with lines of `lambda` and
    further blocks."""
    bucket = place.partition("/")[0]
    lines = [
        "  - lambda:",
        f"      name: {name}",
        f"      init_script: {script}.sh",
        f"      input: [{{storage_provider: s3, path: {bucket}/in}}]",
        f"      output: [{{storage_provider: s3, path: {place}}}]",
        *(f"      {line}" for line in more),
    ]
    return "\n".join([*lines, *(f"    {name}: {{{text}}}" for name, text in blocks.items())])


def workflow(*functions: str, buckets: str = "") -> str:
    return "\n".join([HEAD, buckets, "functions:", "  aws:", *functions])


GROWS = {
    1: function("moving-grows", "moving-a/out", "v1", "memory: 256"),
    2: function(
        "moving-grows", "moving-a/out", "v2", "memory: 512", "execution_mode: lambda-batch"
    ),
}
JOB = {
    1: function(
        *("moving-job", "moving-b/out", "slow-v1", "execution_mode: batch"),
        batch="vcpus: 2, memory: 512, compute_resources: {instance_types: [m7i]}",
    ),
    2: function(
        *("moving-job", "moving-b/out", "v2", "execution_mode: batch"),
        batch="vcpus: 1, memory: 1024, compute_resources: {instance_types: [m7i, c7i]}",
    ),
}
SPOT = "compute_resources: {type: SPOT}"
MOVER = {
    1: function(
        *("moving-mover", "moving-e/out", "slow-v1", "execution_mode: batch"),
        batch=f"vcpus: 2, {SPOT}",
    ),
    2: function(
        *("moving-mover", "moving-e/out", "v2", "execution_mode: batch"),
        batch=f"vcpus: 1, former: {{vcpus: 2, {SPOT}}}",
    ),
    3: function(*("moving-mover", "moving-e/out", "v2", "execution_mode: batch"), batch="vcpus: 1"),
}
"""From machines of its own to those of the file."""
OLD = function("moving-old", "moving-c/out", "v1")
OLD_RETIRED = function("moving-old", "moving-c/out", "v1", "retired: true")
SAME_NAME = function("moving-old", "moving-c/out", "v1", "execution_mode: batch")
NEW = function("moving-new", "moving-c/out", "v2", "execution_mode: batch")
STAYS = function(
    "moving-stays", "moving-d/out", "v1", api_gateway="name: moving-stays, auth: api_key"
)
JOINS = function("moving-joins", "moving-d/joined", "v1")
JOINS_RETIRED = function("moving-joins", "moving-d/joined", "v1", "retired: true")
KEPT_AT_EVENT_BRIDGE = "buckets: {moving-d: {event_bridge: true}}"

BUCKETS = ("moving-a", "moving-b", "moving-c", "moving-d", "moving-e")
ENDED = ("SUCCEEDED", "FAILED")
RETIRED = {"function moving-old", "function moving-joins"}
"""As the cloud names their events that are in flight."""

TEXTS = {
    "first": workflow(GROWS[1], JOB[1], MOVER[1], OLD, STAYS),
    "changed": workflow(GROWS[2], JOB[2], MOVER[2], OLD, STAYS, JOINS),
    "refused": workflow(GROWS[2], JOB[2], MOVER[2], SAME_NAME, STAYS, JOINS),
    "moved": workflow(
        *(GROWS[2], JOB[2], MOVER[2], OLD_RETIRED, NEW, STAYS, JOINS_RETIRED),
        buckets=KEPT_AT_EVENT_BRIDGE,
    ),
    "cleared": workflow(GROWS[2], JOB[2], MOVER[3], NEW, STAYS, buckets=KEPT_AT_EVENT_BRIDGE),
}


@dataclass(frozen=True)
class Story:
    """What was uploaded while the versions were deployed one after the other, and what came."""

    cloud: CloudAddress
    assembly: Path
    """Of the last version."""
    before: Mapping[str, set[str]]
    """What the account held before the first one."""
    names: Mapping[str, list[str]]
    seen: Seen
    refusal: str
    changed_at: float
    """When the second version was there, in seconds since the epoch."""
    former_jobs: Sequence[Mapping[str, Any]]
    """Those of the queue that the second version left, and the last one removed."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("moving")
    with LocalCloud(EngineName.PROCESS, folder / "cloud") as cloud:
        assemblies = versions(folder, TEXTS, cloud)
        before = inventory(cloud)
        deploy(assemblies["first"], cloud)
        former = queue_named(cloud, "movingmover")
        with Uploads(cloud, *BUCKETS) as uploads:
            time.sleep(4)
            deploy(assemblies["changed"], cloud)
            changed_at = time.time()
            with pytest.raises(LocalError) as refused:
                deploy(assemblies["refused"], cloud)
            deploy(assemblies["moved"], cloud)
            # As documented: a retired function goes when nothing can reach it any more.
            time.sleep(SETTLING_SECONDS)
            eventually(lambda: RETIRED.isdisjoint(cloud.activity()["in_flight"]))
            # And a former queue when no job is left in it.
            eventually(lambda: all(one["status"] in ENDED for one in jobs_in(cloud, former)))
            former_jobs = jobs_in(cloud, former)
            deploy(assemblies["cleared"], cloud)
            time.sleep(1)
        seen = Seen(cloud)
        names, refusal = uploads.names, str(refused.value)
        last = assemblies["cleared"]
        yield Story(cloud, last, before, names, seen, refusal, changed_at, former_jobs)


def queue_named(cloud: CloudAddress, part: str) -> str:
    """The ARN of the one queue with this in its name."""
    queues = cloud.client("batch").describe_job_queues()["jobQueues"]
    (arn,) = (str(one["jobQueueArn"]) for one in queues if part in one["jobQueueName"])
    return arn


def jobs_in(cloud: CloudAddress, queue: str) -> Sequence[Mapping[str, Any]]:
    """All jobs of a queue, in whatever state."""
    batch = cloud.client("batch")
    states = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", *ENDED)
    found = [
        job["jobId"]
        for state in states
        for job in batch.list_jobs(jobQueue=queue, jobStatus=state)["jobSummaryList"]
    ]
    return [job for one in found for job in batch.describe_jobs(jobs=[one])["jobs"]]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_file_that_came_meanwhile_has_its_output(story: Story, bucket: str) -> None:
    assert len(story.names[bucket]) > 20
    assert sorted(story.seen.versions_of(bucket)) == sorted(story.names[bucket])


def test_nothing_failed(story: Story) -> None:
    assert failed_events(story.cloud, []) == {}
    assert story.seen.activity["warnings"] == []
    rows = story.seen.activity["executions"]
    assert {row["status"] for row in rows} <= {"succeeded", "submitted", "delegated"}


@pytest.mark.parametrize("bucket", ["moving-a", "moving-b", "moving-c", "moving-e"])
def test_each_file_was_handled_once_by_one_version(story: Story, bucket: str) -> None:
    used = story.seen.versions_of(bucket)
    assert all(len(one) == 1 for one in used.values())
    assert {version for one in used.values() for version in one} == {"v1", "v2"}


def test_a_job_submitted_before_the_update_runs_after_it(story: Story) -> None:
    jobs = jobs_in(story.cloud, queue_named(story.cloud, "movingjob"))
    late = [
        job["jobDefinition"].rpartition(":")[2]
        for job in jobs
        if job["startedAt"] / 1000 > story.changed_at
    ]
    assert set(late) == {"1", "2"}


def test_a_queue_that_a_function_left_works_off_what_waited_there(story: Story) -> None:
    assert {job["status"] for job in story.former_jobs} == {"SUCCEEDED"}
    assert any(job["startedAt"] / 1000 > story.changed_at for job in story.former_jobs)
    queues = story.cloud.client("batch").describe_job_queues()["jobQueues"]
    assert not [one for one in queues if "movingmover" in one["jobQueueName"]]


def test_another_package_type_under_the_same_name_is_refused(story: Story) -> None:
    assert "custom-named resource requires replacing" in story.refusal
    assert "moving-old" in story.refusal


def test_deploying_again_would_change_nothing(story: Story) -> None:
    diff = cdk(story.cloud, "diff", "--fail", "--app", str(story.assembly))
    assert "There were no differences" in diff


def test_destroy_leaves_the_buckets_and_what_the_documentation_names(story: Story) -> None:
    cdk(story.cloud, "destroy", "--all", "--force", "--app", str(story.assembly))
    left = added(story.before, inventory(story.cloud))
    buckets = left.pop("bucket")
    assert {name for name in buckets if "sharedspoolbucket" not in name} == set(story.names)
    assert len(buckets) == len(story.names) + 1
    (role,) = left.pop("role")
    assert "ApiLogsRole" in role
    # The revisions before the last one.
    definitions = left.pop("job definition")
    assert {name.rpartition("/")[2] for name in definitions} == {"moving-job:1", "moving-mover:1"}
    assert left == {}
    batch = story.cloud.client("batch")
    for definition in definitions:
        batch.deregister_job_definition(jobDefinition=definition)
    assert "job definition" not in inventory(story.cloud)
