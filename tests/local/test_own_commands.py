"""Functions without a script, of images in a registry: locked, deployed, and run in every mode.

The image is pushed to the local cloud's own registry, which the lock file's command then asks.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.images import lock_file
from scar_constructs.language import load_application
from scar_constructs.language.lock import read_lock
from scar_constructs.local.engines import EngineName, engine_environment
from scar_constructs.local.run import ensure_helpers
from scar_constructs.local.server import CloudAddress
from tests.local.test_api import call
from tests.local.workflows import Workflow, quiet
from tests.support.command import main

pytestmark = pytest.mark.container

DOCKERFILE = """\
FROM public.ecr.aws/docker/library/debian:trixie-slim
COPY cow /field/cow
WORKDIR /field
USER 4321:4321
ENTRYPOINT ["./cow", "says"]
CMD ["moo"]
"""
COW = """\
#!/bin/sh
echo "$PWD $(id -u): $*, $LEVEL, $(cat)"
if [ -n "$TMP_OUTPUT_DIR" ] && [ -n "$INPUT_FILE_PATH" ]; then
    tr a-z A-Z <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/loud"
    echo "$*, $STORAGE_OBJECT_KEY, $LEVEL" >"$SCAR_OUTPUT_DIR/said"
fi
[ "$*" != "says no" ]
"""
TEXT = """\
workflow: herd
defaults:
  lambda: {{container: {{environment: {{Variables: {{LEVEL: "3"}}}}}}}}
functions:
  aws:
  - lambda:
      name: herd-api
      container: {{image: {image}}}
    api_gateway: {{name: herd, auth: none}}
  - lambda:
      name: herd-batch
      execution_mode: batch
      container: {{image: {image}, command: [oink, 2]}}
      input: [{{path: herd/in}}]
      output: [{{path: herd/batch, key: "{{stem}}/{{name}}"}}]
    batch: &shared {{compute_environment: herd, compute_resources: {{max_v_cpus: 12}}}}
  - lambda:
      name: herd-untouched
      execution_mode: batch
      container: {{image: {image}, build: false}}
      input: [{{path: herd/untouched}}]
      output: [{{path: herd/as-it-is, key: "{{stem}}/{{name}}"}}]
    batch: *shared
  - lambda:
      name: herd-refuses
      execution_mode: batch
      container: {{image: {image}, build: false, command: ["no"]}}
      input: [{{path: herd/refused}}]
      output: [{{path: herd/nothing, key: "{{stem}}/{{name}}"}}]
    batch: *shared
"""


@pytest.fixture(scope="module")
def herd(cloud: CloudAddress, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The functions, deployed from a folder with the lock file that the command wrote there."""
    ensure_helpers(cloud.engine, quiet)
    folder = tmp_path_factory.mktemp("herd")
    image = pushed(cloud, tmp_path_factory.mktemp("cow"))
    (folder / "herd.yaml").write_text(TEXT.format(image=image))
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patched:
        # Of other registries than the local one nothing can be asked.
        patched.setattr(lock_file, "RUNTIME_IMAGE", "")
        patched.setattr(lock_file, "HELPER_IMAGE", "")
        assert main(["lock", "herd.yaml"]) == 0
        load(cloud, image)
        workflow = Workflow(cloud, [folder / "herd.yaml"], folder / "assembly")
    for key in ("in/a b.txt", "untouched/c d.txt", "refused/e.txt"):
        workflow.put("herd", key, b"words\n")
    workflow.finish()
    return workflow


def engine(cloud: CloudAddress, *arguments: str) -> None:
    plain = ["--tls-verify=false"] if cloud.engine is EngineName.PODMAN else []
    if arguments[0] not in ("push", "pull"):
        plain = []
    subprocess.run(
        [cloud.engine.value, arguments[0], *plain, *arguments[1:]],
        env=engine_environment(cloud.engine),
        check=True,
        capture_output=True,
    )


def pushed(cloud: CloudAddress, folder: Path) -> str:
    """The image in the local registry; gives its name."""
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "cow").write_text(COW)
    (folder / "cow").chmod(0o755)
    name = f"127.0.0.1:{cloud.port}/herd/cow:1"
    cloud.client("ecr").create_repository(repositoryName="herd/cow")
    engine(cloud, "build", "--quiet", "--tag", name, str(folder))
    engine(cloud, "push", name)
    engine(cloud, "rmi", "--force", name)
    return name


def load(cloud: CloudAddress, image: str) -> None:
    """Have the image under its digest in the engine's store, as from a public registry."""
    name, _, _ = image.rpartition(":")
    engine(cloud, "pull", f"{name}@{read_lock(Path('images.lock.yaml'))[image].digest}")


def invoked(herd: Workflow, event: Any) -> str:
    answer = herd.cloud.client("lambda").invoke(
        FunctionName="herd-api", Payload=json.dumps(event).encode()
    )
    document = json.loads(answer["Payload"].read())
    assert "body" in document, document
    return base64.b64decode(document["body"]).decode()


def test_the_registry_has_told_what_the_image_runs(herd: Workflow) -> None:
    folder = herd.assembly.parent
    lock = read_lock(folder / "images.lock.yaml")
    application = load_application([folder / "herd.yaml"], lock=lock).application
    commands = {one.name: one.command.words for one in application.stacks[0].functions}
    assert commands["herd-api"] == ("./cow", "says", "moo")
    assert commands["herd-batch"] == ("./cow", "says", "oink", "2")


def test_a_call_runs_the_image(herd: Workflow) -> None:
    assert invoked(herd, {}) == "/field 993: says moo, 3, \n"


def test_a_call_s_arguments_are_the_entrypoint_s(herd: Workflow) -> None:
    assert invoked(herd, {"cmd_args": ["hello"]}) == "/field 993: says hello, 3, \n"


def test_a_call_s_script_runs_in_place_of_the_image_s_command(herd: Workflow) -> None:
    script = base64.b64encode(b"echo mine").decode()
    assert invoked(herd, {"script": script}) == "mine\n"


def test_a_request_is_answered_by_the_image(herd: Workflow) -> None:
    stacks = herd.cloud.client("cloudformation").describe_stacks(StackName="herd")["Stacks"]
    outputs = {one.get("Description"): one["OutputValue"] for one in stacks[0]["Outputs"]}
    answer = call(outputs["calls herd-api"], b"a body")
    assert (answer.status, answer.body) == (200, b"/field 993: says moo, 3, a body\n")


def test_a_job_runs_the_file_s_command(herd: Workflow) -> None:
    (row,) = herd.rows("herd-batch")
    assert (row["service"], row["status"], row["exit_code"]) == ("batch", "succeeded", 0)
    assert herd.text("herd", "batch/a b/loud") == "WORDS\n"
    assert herd.text("herd", "batch/a b/said") == "says oink 2, in/a b.txt, 3\n"


def test_an_untouched_image_runs_what_it_runs(herd: Workflow) -> None:
    (row,) = herd.rows("herd-untouched")
    assert (row["status"], row["exit_code"]) == ("succeeded", 0)
    assert herd.text("herd", "as-it-is/c d/loud") == "WORDS\n"
    assert herd.text("herd", "as-it-is/c d/said") == "says moo, untouched/c d.txt, 3\n"
    logs = herd.cloud.client("logs")
    events = logs.filter_log_events(logGroupName="/scar/batch/herd-untouched")["events"]
    assert "/field 4321: says moo, 3, " in [event["message"] for event in events]


def test_an_untouched_image_that_fails_publishes_nothing(herd: Workflow) -> None:
    (row,) = herd.rows("herd-refuses")
    assert (row["status"], row["exit_code"]) == ("failed", 1)
    assert herd.keys("herd", "nothing/") == []
