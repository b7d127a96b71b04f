"""From a job for each file to bursts and back, while files keep arriving: none may be lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from scar_constructs.emulator.wiring import SETTLING_SECONDS
from scar_constructs.local.cdk import deploy
from scar_constructs.local.engines import EngineName
from scar_constructs.local.run import failed_events
from scar_constructs.local.server import CloudAddress, LocalCloud
from scar_constructs.model.names import EVENT_QUEUE_PREFIX
from tests.local.moving import Seen, Uploads, versions
from tests.local.test_redrive import depth
from tests.local.test_updates import function, workflow
from tests.support.waiting import eventually

BUCKET, NAME = "gathering", "gathers"
PLACE = f"{BUCKET}/out"
BURSTS = {
    "plain": "",
    "burst": "burst: {window: 60s}",
    "retired": "burst: {window: 60s, retired: true}",
    "again": "",
}
TEXTS = {
    name: workflow(function(NAME, PLACE, "v1", "execution_mode: batch", batch=text))
    for name, text in BURSTS.items()
}


def queues(cloud: CloudAddress) -> list[str]:
    """The addresses of the queues through which files come."""
    found = cloud.client("sqs").list_queues(QueueNamePrefix=EVENT_QUEUE_PREFIX)
    return list(found.get("QueueUrls", ()))


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CloudAddress, Uploads]]:
    folder = tmp_path_factory.mktemp("gathering")
    with LocalCloud(EngineName.PROCESS, folder / "cloud") as cloud:
        assemblies = versions(folder, TEXTS, cloud)
        deploy(assemblies["plain"], cloud)
        with Uploads(cloud, BUCKET) as coming:
            for name in ("burst", "retired"):
                time.sleep(1)
                deploy(assemblies[name], cloud)
                time.sleep(SETTLING_SECONDS)
            # As documented: the block goes when S3 tells the queue of nothing any more.
            (queue,) = queues(cloud)
            eventually(lambda: depth(cloud, queue) == 0)
            deploy(assemblies["again"], cloud)
            time.sleep(1)
        yield cloud, coming


def test_every_file_that_came_meanwhile_has_its_output_once(
    uploads: tuple[CloudAddress, Uploads],
) -> None:
    cloud, coming = uploads
    seen = Seen(cloud)
    assert len(coming.names[BUCKET]) > 20
    assert sorted(seen.versions_of(BUCKET)) == sorted(coming.names[BUCKET])
    assert failed_events(cloud, []) == {}
    assert seen.activity["warnings"] == []
    ran = [row["input"] for row in seen.rows(NAME) if row["status"] == "succeeded"]
    assert len(ran) == len(set(ran)) == len(coming.names[BUCKET])


def test_both_ways_were_gone_and_the_queue_is_no_more(
    uploads: tuple[CloudAddress, Uploads],
) -> None:
    cloud, _ = uploads
    jobs = {row["execution"] for row in Seen(cloud).rows(NAME) if row["service"] == "batch"}
    assert len({":" in job for job in jobs}) == 2
    assert queues(cloud) == []
