"""Files that wait in a queue until their function has room, deployed, with IAM enforced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName
from scar_constructs.local.server import LocalCloud
from tests.local.living import Person
from tests.local.test_bursts import ended, put_all
from tests.local.test_redrive import depth, redrive
from tests.local.workflows import Workflow

DATA = Path(__file__).parent / "data" / "queue" / "queue.yaml"
FILES = 60


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("queue-cloud")) as running:
        bootstrap([], running)
        yield Workflow(running, [DATA], tmp_path_factory.mktemp("queue-assembly"))


def test_a_burst_waits_and_no_more_run_at_a_time_than_there_is_room_for(
    queue: Workflow, tmp_path: Path
) -> None:
    names = [f"f{number:02}" for number in range(FILES)]
    put_all(queue, "queued", dict.fromkeys(names, f"{tmp_path}\n".encode()))
    queue.finish()
    assert not (tmp_path / "crowded").exists()
    done = ended(queue, "waits")
    assert done == {(f"queued/in/{name}", "succeeded"): 1 for name in names}
    assert queue.keys("queued", "out/") == [f"out/{name}" for name in names]
    assert queue.cloud.activity()["warnings"] == []


def test_what_fails_again_and_again_reaches_the_failure_queue_and_is_redriven(
    queue: Workflow, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    contents = {"bad.txt": f"fail {mended}\n".encode(), "good.txt": b"well\n", "no.png": b"well\n"}
    put_all(queue, "queued-ruled", contents)
    queue.finish()
    bad, good = "queued-ruled/in/bad.txt", "queued-ruled/in/good.txt"
    done = ended(queue, "ruled-waits")
    assert (done[bad, "failed"], done[good, "succeeded"]) == (1, 1)
    assert depth(queue.cloud, queue.service_failures()) == 1

    mended.touch()
    code, given = redrive(queue.cloud, "queue")
    assert (code, [(one["action"], one["input"]) for one in given]) == (0, [("redriven", bad)])
    queue.finish()
    assert ended(queue, "ruled-waits")[bad, "succeeded"] == 1
    assert queue.keys("queued-ruled", "out/") == ["out/bad.txt", "out/good.txt"]


def test_files_that_wait_are_counted(queue: Workflow, tmp_path: Path) -> None:
    functions = queue.cloud.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName="waits")["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    put_all(queue, "queued", dict.fromkeys(("later-1", "later-2"), f"{tmp_path}\n".encode()))
    (found,) = Person(queue.cloud, tmp_path).json("status", "queue")
    waiting = {one["function"]: one["waiting"] for one in found["functions"]}
    assert waiting == {"waits": {"QUEUED": 2}, "ruled-waits": {}}

    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    queue.finish()
    assert ended(queue, "waits")["queued/in/later-1", "succeeded"] == 1
