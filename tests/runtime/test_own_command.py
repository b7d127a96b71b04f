"""A job of a function without a script, whose image is used as it is and runs its own command."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.errors import EventError
from scar_runtime.handler import Invocation
from scar_runtime.runtime import Runtime
from scar_runtime.stages.own_command import OVERRIDE_CHARACTERS, PROGRAM, exit_code
from scar_runtime.stages.stage_in import run_stage_in
from scar_runtime.stages.stage_out import run_stage_out
from scar_runtime.stages.volume import Volume

from scar_constructs.aws.jobs import three_containers
from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, Invoked, executions, stored
from tests.runtime.scripted import SILENCE, Said, scripted

Make = Callable[..., Function]
COPY = ["/bin/sh", "-c", 'cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR"']
"""What the image of these tests runs."""


def ended(code: int | None) -> Said:
    """What ECS's agent tells of the task, while `stage-out` runs."""
    program: dict[str, Any] = {"Name": PROGRAM, "KnownStatus": "STOPPED", "ExitCode": code}
    if code is None:
        del program["ExitCode"]
    containers = [{"Name": "stage-in", "ExitCode": 0}, program, {"Name": "stage-out"}]
    return Said(body=json.dumps({"Family": "f", "Containers": containers}).encode())


class OwnJob:
    """The job of the only event, in a volume of its own."""

    def __init__(self, made: Function, event: Any, root: Path) -> None:
        self._made = made
        self.volume = Volume(root)
        Invocation(
            made.runtime(SCAR_JOB_CONTAINERS="stage-in stage-out"), Invoked("the-id")
        ).dispatch(event)

    @property
    def overrides(self) -> Mapping[str, Mapping[str, Any]]:
        (task,) = self._made.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"]
        return {container["name"]: container for container in task["containers"]}

    @property
    def variables(self) -> dict[str, str]:
        """What the container of the image is told, with this test's volume in place of /tmp."""
        told = self.overrides[PROGRAM].get("environment", [])
        return {one["name"]: one["value"] for one in told}

    def runtime(self, **variables: str) -> Runtime:
        key = self.overrides["stage-in"]["environment"][0]["value"]
        told: dict[str, Any] = {"AWS_BATCH_JOB_ID": "job-1", "SCAR_JOB_EVENT": key, **variables}
        return self._made.runtime(**told)

    def stage_in(self) -> int:
        return run_stage_in(self.runtime(), self.volume)

    def program(self, command: Sequence[str] = COPY) -> int:
        """The container of the image, as the platform runs it."""
        moved = {
            name: value.replace("/tmp/", f"{self.volume.root}/", 1)
            for name, value in self.variables.items()
        }
        return subprocess.run(command, env={"PATH": os.environ["PATH"], **moved}).returncode

    def stage_out(self, *answers: Said) -> int:
        with scripted(*answers) as ecs:
            code = run_stage_out(
                self.runtime(ECS_CONTAINER_METADATA_URI_V4=f"{ecs.url}/v4/abc"), self.volume
            )
            assert {asked.path for asked in ecs.asked} <= {"/v4/abc/task"}
        return code


@pytest.fixture
def own(function: Make, bucket: Bucket, tmp_path: Path) -> Callable[..., OwnJob]:
    def make(event: Any = None, script: str | None = None, **changes: Any) -> OwnJob:
        volume = tmp_path / "volume"
        volume.mkdir()
        made = function(script, mode="batch", **changes)
        return OwnJob(made, event or stored(bucket, "in/a b"), volume)

    return make


Own = Callable[..., OwnJob]


def test_its_outputs_are_published_after_exit_code_0(
    own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = own()
    assert job.stage_in() == 0
    assert job.program() == 0
    assert job.stage_out(ended(0)) == 0
    assert bucket.get("out/a b") == b"content\n"
    line = executions(capfd.readouterr().out)[-1]
    assert (line["status"], line["exit_code"]) == ("succeeded", 0)
    assert not list(job.volume.root.glob("the-id"))


def test_its_exit_code_is_the_job_s(
    own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = own()
    assert job.stage_in() == 0
    job.program()
    assert job.stage_out(ended(7)) == 7
    assert bucket.keys("out/") == []
    assert "the command exited with code 7" in capfd.readouterr().out


def test_an_image_that_never_ran_is_a_failure(
    own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = own()
    assert job.stage_in() == 0
    assert job.stage_out(ended(None)) == 1
    assert bucket.keys("out/") == []
    assert "the container of the image did not run" in capfd.readouterr().out


def test_an_end_that_nobody_tells_publishes_nothing(
    own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = own()
    assert job.stage_in() == 0
    job.program()
    assert job.stage_out(SILENCE, Said(500), Said(body=b'{"Containers": []}')) == 1
    assert bucket.keys("out/") == []
    assert "ECS does not tell how the image ended" in capfd.readouterr().out


def test_a_broken_answer_is_asked_for_again() -> None:
    with scripted(SILENCE, Said(503), ended(3)) as ecs:
        assert exit_code(ecs.url) == 3


def test_the_program_is_told_what_a_script_would_see(own: Own) -> None:
    variables = own(environment={"MINE": "in the definition"}).variables
    event = json.loads(variables.pop("EVENT"))
    assert event["Records"][0]["s3"]["object"]["key"] == "in/a+b"
    assert variables == {
        "REQUEST_ID": "the-id",
        "AWS_LAMBDA_REQUEST_ID": "the-id",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "SCAR_INPUT_DIR": "/tmp/the-id/input",
        "SCAR_OUTPUT_DIR": "/tmp/the-id/output",
        "SCAR_INPUT_FILE": "/tmp/the-id/input/a b",
        "TMP_INPUT_DIR": "/tmp/the-id/input",
        "TMP_OUTPUT_DIR": "/tmp/the-id/output",
        "INPUT_FILE_PATH": "/tmp/the-id/input/a b",
        "STORAGE_OBJECT_KEY": "in/a b",
        "EVENT_TIME": "2026-11-23T06:00:00.000Z",
    }


def test_nothing_but_the_event_s_arguments_replaces_the_image_s_command(own: Own) -> None:
    assert "command" not in own().overrides[PROGRAM]


def test_arguments_of_the_event_replace_the_command(own: Own) -> None:
    job = own({"cmd_args": ["s3", "ls"]})
    assert job.overrides[PROGRAM]["command"] == ["s3", "ls"]


def test_a_script_of_the_event_is_launched(own: Own, bucket: Bucket) -> None:
    script = base64.b64encode(b'echo mine >"$SCAR_OUTPUT_DIR/x"').decode()
    job = own({"script": script})
    command = job.overrides[PROGRAM]["command"]
    assert command == ["/bin/sh", three_containers.LAUNCHER]
    assert job.stage_in() == 0
    assert job.program(["/bin/sh", str(job.volume.launcher)]) == 0
    assert job.stage_out() == 0
    assert bucket.get("out/x") == b"mine\n"


def test_a_function_with_a_script_tells_the_image_nothing(own: Own) -> None:
    assert set(own(script="true").overrides) == {"stage-in", "stage-out"}


def test_what_is_overridden_fits_for_any_key(own: Own, bucket: Bucket) -> None:
    """ECS takes 8,192 characters in all."""
    job = own(stored(bucket, "in/" + "\u00f1" * 500))
    assert "EVENT" not in job.variables
    assert job.variables["STORAGE_OBJECT_KEY"].endswith("\u00f1" * 500)
    assert len(json.dumps(job.overrides)) < 8_192


def test_arguments_that_do_not_fit_are_refused_before_the_job(own: Own) -> None:
    with pytest.raises(EventError, match=f"too long .* {OVERRIDE_CHARACTERS} are allowed"):
        own({"cmd_args": ["x" * OVERRIDE_CHARACTERS]})


def test_parameters_of_a_request_are_left_out_where_there_is_no_room(
    own: Own, capfd: pytest.CaptureFixture[str]
) -> None:
    given = {"small": "moo", "PATH": "/evil", "large": "x" * OVERRIDE_CHARACTERS}
    variables = own({"httpMethod": "GET", "queryStringParameters": given}).variables
    found = {name for name in variables if "small" in name or "large" in name or "PATH" in name}
    assert found == {"CONT_VAR_small", "CONT_VAR_PATH"}
    assert "CONT_VAR_large is not set" in capfd.readouterr().out


def test_a_payload_is_found_in_the_volume(own: Own, tmp_path: Path) -> None:
    (tmp_path / "payload").mkdir()
    (tmp_path / "payload" / "tool").write_text("x")
    job = own()
    assert job.variables["EXTRA_PAYLOAD"] == str(Volume().payload)
    assert job.stage_in() == 0
    assert (job.volume.payload / "tool").read_text() == "x"


@pytest.mark.parametrize("state", ["duplicate", "ignored"])
def test_what_is_not_to_run_publishes_nothing(
    state: str, own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """The image's container cannot be kept from running; what it leaves is thrown away."""
    job = own()
    if state == "ignored":
        bucket.put("in/a b", b"newer\n")
    else:
        assert (job.stage_in(), job.program(), job.stage_out(ended(0))) == (0, 0, 0)
        bucket.client.delete_object(Bucket=bucket.name, Key="out/a b")
    shutil.rmtree(job.volume.root)
    job.volume.root.mkdir()
    assert job.stage_in() == 0
    assert job.stage_out(ended(0)) == 0
    assert executions(capfd.readouterr().out)[-1]["status"] == state
    assert bucket.keys("out/") == []


def test_an_input_that_is_gone_is_told(
    own: Own, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = own()
    bucket.client.delete_object(Bucket=bucket.name, Key="in/a b")
    assert job.stage_in() == 0
    assert job.stage_out(ended(1)) == 1
    assert "in/a b" in capfd.readouterr().out
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_image_s_user_may_be_anybody(own: Own, bucket: Bucket, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    job = own()
    assert job.stage_in() == 0
    moved = {
        name: value.replace("/tmp/", f"{job.volume.root}/", 1)
        for name, value in job.variables.items()
    }
    assert subprocess.run(COPY, user=12345, group=12345, env=moved).returncode == 0
    assert job.stage_out(ended(0)) == 0
    assert bucket.get("out/a b") == b"content\n"


def test_the_definition_names_the_container_as_the_runtime_does() -> None:
    assert three_containers.PROGRAM == PROGRAM
    assert replace(Volume()).root == Path(three_containers.WORK)
