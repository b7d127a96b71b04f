"""Jobs of several containers, and jobs over several hosts, on an engine without processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scar_constructs.emulator.engine import Program, StartError
from tests.local.fake_engine import FakeProgram
from tests.local.test_batch import ROLE, Batch

SIZES = [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "128"}]


class NamedEngine:
    """Programs end as their container's name (or node) says: a code, None until stopped, or a text
    that keeps them from starting."""

    def __init__(self, **endings: int | str | None) -> None:
        self._endings: dict[str, Any] = {
            name.replace("_", "-"): ending for name, ending in endings.items()
        }
        self.started: list[Program] = []
        self._together = threading.Barrier(max(1, len([n for n in endings if "node" in n])))
        self.volumes: list[str] = []
        self.lines: dict[str, tuple[str, ...]] = {}

    @property
    def order(self) -> list[str]:
        return [program.image for program in self.started]

    def of(self, image: str) -> Program:
        (program,) = [one for one in self.started if one.image == image]
        return program

    def start(self, program: Program) -> FakeProgram:
        if index := program.environment.get("AWS_BATCH_JOB_NODE_INDEX"):
            return self._start_node(program, index)
        name = program.image
        ending = self._endings[name]
        if isinstance(ending, str):
            raise StartError(ending)
        self.started.append(program)
        return FakeProgram(ending, self.lines.get(name, (f"{name} speaks",)))

    def _start_node(self, program: Program, index: str) -> FakeProgram:
        """The nodes begin together; one may not end before the last is there."""
        self.started.append(program)
        self._together.wait(10)
        return FakeProgram(self._endings[f"node-{index}"], ())

    @contextmanager
    def volume(self, name: str) -> Iterator[str]:
        self.volumes.append(name)
        yield name
        self.volumes.append("gone")

    def close(self) -> None:
        """Nothing outlives the test."""


def container(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": name,
        "resourceRequirements": SIZES,
        "mountPoints": [{"sourceVolume": "work", "containerPath": "/tmp"}],
        "logConfiguration": {"options": {"awslogs-group": "g", "awslogs-stream-prefix": "p"}},
        **changes,
    }


def staged(engine: NamedEngine, **definition: Any) -> Batch:
    """A Batch whose definition is: a, then (if a succeeds) b, then c, whatever became of b."""
    after_a = [{"containerName": "a", "condition": "SUCCESS"}]
    after_b = [{"containerName": "b", "condition": "COMPLETE"}]
    containers = [
        container("a", essential=False),
        container("b", essential=False, dependsOn=after_a),
        container("c", essential=True, dependsOn=after_b),
    ]
    task = {"taskRoleArn": ROLE, "volumes": [{"name": "work"}], "containers": containers}
    return Batch(
        engine,  # type: ignore[arg-type]
        containerProperties=None,
        ecsProperties={"taskProperties": [task]},
        **definition,
    )


def ended(job: Mapping[str, Any]) -> dict[str, Any]:
    (task,) = job["attempts"][-1]["taskProperties"]
    return {one["name"]: one.get("exitCode") for one in task["containers"]}


def test_containers_run_one_after_the_other_with_one_volume_and_one_role() -> None:
    engine = NamedEngine(a=0, b=0, c=0)
    batch = staged(engine)
    override = {"name": "c", "environment": [{"name": "SCAR_JOB_EVENT", "value": "k"}]}
    job = batch.run(ecsPropertiesOverride={"taskProperties": [{"containers": [override]}]})
    assert (job["status"], ended(job)) == ("SUCCEEDED", {"a": 0, "b": 0, "c": 0})
    assert engine.order == ["a", "b", "c"]
    made, gone = engine.volumes
    assert gone == "gone"
    assert {program.volumes for program in engine.started} == {(f"{made}:/tmp",)}
    keys = {program.environment["AWS_ACCESS_KEY_ID"] for program in engine.started}
    assert len(keys) == 1
    events = [program.environment.get("SCAR_JOB_EVENT") for program in engine.started]
    assert events == [None, None, "k"]
    streams = {stream.rpartition("/")[0]: line for _, stream, line in batch.logged}
    assert streams == {"p/a": "a speaks", "p/b": "b speaks", "p/c": "c speaks"}
    assert batch.statuses() == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_failed_job_shows_what_the_image_of_the_user_printed_last() -> None:
    engine = NamedEngine(a=0, b=7, c=7)
    said = {"scar": "execution", "status": "failed", "exit_code": 7, "reason": "code 7"}
    engine.lines = {"a": (), "b": ("one", "cannot open"), "c": (json.dumps(said),)}
    batch = staged(engine)
    batch.run()
    (row,) = batch.ledger.rows()
    assert (row.exit_code, row.reason) == (7, "code 7; its last output:\none\ncannot open")


def test_what_the_image_of_the_user_prints_is_no_report() -> None:
    engine = NamedEngine(a=0, b=0, c=0)
    lines = {
        name: json.dumps({"scar": "execution", "status": "succeeded", "input": f"b/{name}"})
        for name in ("b", "c")
    }
    engine.lines = {name: (line,) for name, line in lines.items()}
    batch = staged(engine)
    batch.run()
    (row,) = batch.ledger.rows()
    assert row.input == "b/c"
    assert [line for _, _, line in batch.logged if line in lines.values()] == list(lines.values())


def test_a_container_may_ask_how_those_before_it_ended() -> None:
    """By ECS's task metadata endpoint, version 4."""
    engine = NamedEngine(a=0, b=7, c=0)
    asked: dict[str, Any] = {}

    def ask(program: Program) -> FakeProgram:
        url = program.environment["ECS_CONTAINER_METADATA_URI_V4"]
        path = f"{url.removeprefix('http://cloud')}/task"
        asked[program.image] = json.loads(batch.attempts.metadata.answer(path) or b"null")
        asked["path"] = path
        return NamedEngine.start(engine, program)

    batch = staged(engine)
    engine.start = ask  # type: ignore[method-assign]
    batch.run()
    assert asked["c"]["Containers"] == [
        {"Name": "a", "KnownStatus": "STOPPED", "ExitCode": 0},
        {"Name": "b", "KnownStatus": "STOPPED", "ExitCode": 7},
        {"Name": "c", "KnownStatus": "PENDING"},
    ]
    assert batch.attempts.metadata.answer(asked["path"]) is None  # after its end


def test_the_essential_container_decides() -> None:
    job = staged(NamedEngine(a=0, b=7, c=0)).run()
    assert (job["status"], ended(job)) == ("SUCCEEDED", {"a": 0, "b": 7, "c": 0})
    batch = staged(NamedEngine(a=0, b=0, c=7), retryStrategy={"attempts": 2})
    job = batch.run()
    assert (job["status"], len(job["attempts"])) == ("FAILED", 2)
    (row,) = batch.ledger.rows()
    assert row.exit_code == 7


def test_what_waits_for_success_ends_when_there_can_be_none() -> None:
    engine = NamedEngine(a=1, b=0, c=3)
    job = staged(engine).run()
    assert ended(job) == {"a": 1, "b": 143, "c": 3}
    assert engine.order == ["a", "c"]


def test_a_container_that_cannot_start_fails_the_task() -> None:
    engine = NamedEngine(a=0, b="CannotPullContainerError: none", c=0)
    job = staged(engine).run()
    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert engine.order == ["a"]
    assert engine.volumes[-1] == "gone"


def test_a_time_out_ends_the_task_and_starts_no_further_container() -> None:
    engine = NamedEngine(a=0, b=None, c=0)
    batch = staged(engine, retryStrategy={"attempts": 3})
    batch.api.describe_job_definitions({})["jobDefinitions"][0]["timeout"] = {
        "attemptDurationSeconds": 1
    }
    job = batch.run()
    assert (job["status"], len(job["attempts"])) == ("FAILED", 1)
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert engine.order == ["a", "b"]
    assert ended(job) == {"a": 0, "b": 143, "c": None}


def test_efs_is_not_mounted() -> None:
    engine = NamedEngine(i=0)
    efs = {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}
    mounted = {"sourceVolume": "shared", "containerPath": "/mnt/shared"}
    container = {"volumes": [efs], "mountPoints": [mounted]}
    job = Batch(engine, containerProperties=container).run()  # type: ignore[arg-type]
    assert (job["status"], engine.of("i").volumes, engine.volumes) == ("SUCCEEDED", (), [])


def over_nodes(engine: NamedEngine, **changes: Any) -> Batch:
    one = {"image": "i", "jobRoleArn": ROLE, "resourceRequirements": SIZES}
    ranges = [{"targetNodes": "0:", "container": one}]
    properties = {"numNodes": 3, "mainNode": 1, "nodeRangeProperties": ranges, **changes}
    return Batch(
        engine,  # type: ignore[arg-type]
        type="multinode",
        containerProperties=None,
        nodeProperties=properties,
    )


def test_the_main_node_ends_the_others_and_has_the_job_s_code() -> None:
    engine = NamedEngine(node_0=None, node_1=5, node_2=None)
    batch = over_nodes(engine)
    everywhere = {"environment": [{"name": "SCAR_JOB_EVENT", "value": "k"}]}
    job = batch.run(
        nodeOverrides={
            "nodePropertyOverrides": [{"targetNodes": "0:", "containerOverrides": everywhere}]
        }
    )
    assert job["status"] == "FAILED"
    assert job["attempts"][0]["container"]["exitCode"] == 5
    (row,) = batch.ledger.rows()
    assert row.exit_code == 5
    identifiers = {program.environment["AWS_BATCH_JOB_ID"] for program in engine.started}
    assert identifiers == {f"{job['jobId']}#{index}" for index in range(3)}
    for program in engine.started:
        seen = program.environment
        assert seen["SCAR_JOB_EVENT"] == "k"
        assert (seen["AWS_BATCH_JOB_NUM_NODES"], seen["AWS_BATCH_JOB_MAIN_NODE_INDEX"]) == (
            "3",
            "1",
        )
        has_address = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS" in seen
        assert has_address == (seen["AWS_BATCH_JOB_NODE_INDEX"] != "1")
    node = batch.job(f"{job['jobId']}#2")
    assert (node["nodeDetails"], node["container"]["exitCode"]) == (
        {"nodeIndex": 2, "isMainNode": False},
        143,
    )
    shown = job["nodeProperties"]["nodeRangeProperties"][0]["container"]["environment"]
    assert shown == everywhere["environment"]


def test_the_number_of_nodes_of_one_job() -> None:
    engine = NamedEngine(node_0=0, node_1=0)
    job = over_nodes(engine, mainNode=0).run(nodeOverrides={"numNodes": 2})
    assert job["status"] == "SUCCEEDED"
    assert engine.started[0].environment["AWS_BATCH_JOB_NUM_NODES"] == "2"
    assert job["nodeProperties"]["numNodes"] == 2


def test_nodes_need_their_vcpus_together() -> None:
    """The compute environment has two."""
    big = {
        "image": "i",
        "jobRoleArn": ROLE,
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, SIZES[1]],
    }
    batch = over_nodes(NamedEngine(), nodeRangeProperties=[{"targetNodes": "0:", "container": big}])
    identifier = batch.submit()
    batch.api.cancel_job({"jobId": identifier, "reason": "too large"})
    batch.wait()
    assert batch.job(identifier)["statusReason"] == "too large"
