"""Images that are in the registry already (`create_image: false`): a deployment builds nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scar_constructs.aws.package.assets import image_context
from scar_constructs.language import load_application
from scar_constructs.language.runtime_config import render
from scar_constructs.local.engines import engine_environment
from scar_constructs.local.server import CloudAddress
from scar_constructs.model import Function
from tests.local.workflows import Workflow

pytestmark = pytest.mark.container

BASE = "public.ecr.aws/docker/library/debian:trixie-slim"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
PROGRAM = f"""\
FROM {BASE}
CMD ["/bin/sh", "-c", "echo a program of its own has $SCAR_JOB_EVENT of $SCAR_SPOOL_BUCKET"]
"""
TEXT = """
workflow: ready
functions:
  aws:
  - lambda:
      name: ready-lambda
      container: {{image: {derived}, create_image: {built}}}
      init_script: copy.sh
      input: [{{storage_provider: s3, path: ready-bucket/in}}]
      output: [{{storage_provider: s3, path: ready-bucket/out}}]
  - lambda:
      name: ready-batch
      execution_mode: batch
      container: {{image: {program}, create_image: {built}}}
      init_script: copy.sh
      input: [{{storage_provider: s3, path: ready-bucket/jobs}}]
"""


def test_ready_images_run_on_lambda_and_batch(cloud: CloudAddress, tmp_path: Path) -> None:
    """One was derived earlier, for the same function; the other is a program of somebody's own."""
    (tmp_path / "copy.sh").write_text('#!/bin/sh\ncp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR"\n')
    file = tmp_path / "ready.yaml"
    file.write_text(TEXT.format(derived=BASE, program=BASE, built="true"))
    ((function, _),) = [stack.functions for stack in load_application([file]).application.stacks]
    _push(cloud, _derived(cloud, function), "derived")
    _push(cloud, _program(cloud, tmp_path), "program")
    images = {"derived": f"{REGISTRY}/derived:1", "program": f"{REGISTRY}/program:1"}
    file.write_text(TEXT.format(**images, built="false"))

    workflow = Workflow(cloud, [file], tmp_path / "assembly")
    assert not list((tmp_path / "assembly").glob("asset.*/Dockerfile"))
    workflow.put("ready-bucket", "in/x", b"a file\n")
    workflow.put("ready-bucket", "jobs/x")
    workflow.finish()
    assert workflow.text("ready-bucket", "out/x") == "a file\n"
    (row,) = workflow.rows("ready-batch")
    assert (row["status"], row["exit_code"]) == ("succeeded", 0)
    events = cloud.client("logs").filter_log_events(logGroupName="/scar/batch/ready-batch")
    assert "has ready-batch/jobs/" in events["events"][0]["message"]


def _derived(cloud: CloudAddress, function: Function) -> str:
    """The image as the CDK would build it."""
    with image_context(render(function), None) as folder:
        return _built(cloud, "derived", folder, f"BASE_IMAGE={BASE}", f"RUNTIME_IMAGE={BASE}")


def _program(cloud: CloudAddress, folder: Path) -> str:
    (folder / "Dockerfile").write_text(PROGRAM)
    return _built(cloud, "program", folder)


def _built(cloud: CloudAddress, name: str, folder: Path, *arguments: str) -> str:
    tag = f"scar-test/ready-{name}"
    options = [word for argument in arguments for word in ("--build-arg", argument)]
    _engine(cloud, "build", "--quiet", "--tag", tag, *options, str(folder))
    return tag


def _push(cloud: CloudAddress, image: str, repository: str) -> None:
    """As docs/local.md says."""
    cloud.client("ecr").create_repository(repositoryName=repository)
    target = f"127.0.0.1:{cloud.port}/{repository}:1"
    _engine(cloud, "tag", image, target)
    insecure = ["--tls-verify=false"] if cloud.engine.value == "podman" else []
    _engine(cloud, "push", *insecure, target)
    # The cloud has to pull it, as AWS would.
    _engine(cloud, "untag" if cloud.engine.value == "podman" else "rmi", target, target)


def _engine(cloud: CloudAddress, *arguments: str) -> None:
    subprocess.run(
        [cloud.engine.value, *arguments],
        env=engine_environment(cloud.engine),
        check=True,
        capture_output=True,
    )
