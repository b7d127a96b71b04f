"""A workflow that is destroyed and comes back: its buckets with it, and nothing else in the way.

Functions run as host processes: what is tested is what CloudFormation keeps, refuses and gives
back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.installation import CHECKOUT
from scar_constructs.local.cdk import cdk_environment
from scar_constructs.local.engines import EngineName
from scar_constructs.local.run import wait
from scar_constructs.local.server import CloudAddress, LocalCloud
from tests.local.inventory import added, inventory
from tests.local.moving import IMAGE, versions
from tests.local.workflows import WAIT_SECONDS, quiet

BUCKET = "returning-bucket"
STACK = "returning"
NETWORK_STACK = "scar-network"
SPOOL = "returning-spool"
IMPORT = "--import-existing-resources"
PATIENCE_SECONDS = 60


def text(lambda_name: str, *lines: str) -> str:
    """A function that copies files of the bucket, with an address, and a job on other files."""
    more = "\n".join(lines)
    return f"""
workflow: {STACK}
{more}
functions:
  aws:
  - lambda:
      name: {lambda_name}
      container: {{image: {IMAGE}}}
      init_script: v1.sh
      input: [{{storage_provider: s3, path: {BUCKET}/in}}]
      output: [{{storage_provider: s3, path: {BUCKET}/out}}]
    api_gateway: {{name: {lambda_name}, auth: api_key}}
  - lambda:
      name: returning-job
      container: {{image: {IMAGE}}}
      execution_mode: batch
      init_script: v1.sh
      input: [{{storage_provider: s3, path: {BUCKET}/jobs}}]
      output: [{{storage_provider: s3, path: {BUCKET}/done}}]
"""


TEXTS = {
    "first": text("returning-copy"),
    "renamed": text("returning-other"),
    "named": text("returning-copy", f"spool: {SPOOL}"),
}


@dataclass
class Place:
    """A cloud, the versions of the workflow, and what the CDK CLI does with them there."""

    cloud: CloudAddress
    assemblies: dict[str, Path]
    before: dict[str, set[str]] = field(default_factory=dict)

    def cdk(self, command: str, version: str, *options: str, stack: str = STACK) -> tuple[int, str]:
        """The exit code of the CDK CLI and what it printed."""
        approval = ["--force"] if command == "destroy" else ["--require-approval", "never"]
        assembly = ["--app", str(self.assemblies[version])]
        done = subprocess.run(
            [
                "cdk",
                command,
                stack,
                *assembly,
                *approval,
                *options,
                "--no-notices",
                "--ci",
                "--no-color",
            ],
            env=cdk_environment(self.cloud),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout + done.stderr

    def must(self, command: str, version: str, *options: str) -> str:
        code, said = self.cdk(command, version, *options)
        assert code == 0, said
        return said

    def processes(self, name: str, folder: str = "in", outputs: str = "out") -> bool:
        """Whether a file that is uploaded now has its output once nothing is in flight."""
        storage = self.cloud.client("s3")
        storage.put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=b"words\n")
        assert not wait(self.cloud, WAIT_SECONDS, quiet)
        listed = storage.list_objects_v2(Bucket=BUCKET, Prefix=f"{outputs}/{name}.")
        return bool(listed["KeyCount"])

    def prune(self, *options: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "scar_constructs", "prune", STACK, "--json", *options],
            cwd=CHECKOUT,
            env={**os.environ, **self.cloud.environment()},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def left(self) -> dict[str, set[str]]:
        """What the account holds more than before the first deployment, but for the CDK's."""
        return added(self.before, inventory(self.cloud))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The workflow was deployed, has worked, and is destroyed."""
    folder = tmp_path_factory.mktemp("returning")
    with LocalCloud(EngineName.PROCESS, folder / "cloud") as cloud:
        ready = Place(cloud, versions(folder, TEXTS, cloud))
        # The region's network is there for all workflows, and stays.
        code, printed = ready.cdk("deploy", "first", stack=NETWORK_STACK)
        assert code == 0, printed
        ready.before = inventory(cloud)
        ready.must("deploy", "first")
        assert ready.processes("before")
        ready.must("destroy", "first")
        yield ready


def test_a_destroyed_workflow_leaves_its_buckets_and_the_accounts_setting_only(
    place: Place,
) -> None:
    left = place.left()
    assert left.keys() == {"bucket", "role"}
    (spool,) = left["bucket"] - {BUCKET}
    assert "spool" in spool
    assert all("apilogsrole" in role.lower() for role in left["role"])
    place.cloud.client("s3").head_object(Bucket=BUCKET, Key="out/before.v1")


def test_a_plain_deployment_is_refused_with_the_name_of_the_bucket(place: Place) -> None:
    code, said = place.cdk("deploy", "first")
    assert code != 0
    assert f"Resource of type 'AWS::S3::Bucket' with identifier '{BUCKET}' already exists." in said
    assert place.left().keys() <= {"bucket", "role", "stack"}


def test_the_flag_takes_the_bucket_back_and_files_are_processed(place: Place) -> None:
    said = place.must("deploy", "first", IMPORT)
    assert "IMPORT_COMPLETE" in said
    storage = place.cloud.client("s3")
    storage.head_object(Bucket=BUCKET, Key="out/before.v1")
    assert "aws:SecureTransport" in storage.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert place.processes("after")
    assert place.processes("after", "jobs", "done")
    place.must("destroy", "first")


def test_a_file_that_changed_meanwhile_needs_the_drift_reverted(place: Place) -> None:
    """Taken back, a bucket is as it was, and knows nothing of a function of another name."""
    place.must("deploy", "renamed", IMPORT)
    assert not place.processes("unheard")
    place.must("deploy", "renamed", "--revert-drift")
    # S3 follows the old notifications for a while, here for seconds.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not place.processes(f"heard-{time.monotonic_ns()}"):
        assert time.monotonic() < deadline
    assert "no changes" in place.must("deploy", "renamed", "--revert-drift")
    place.must("destroy", "renamed")


def test_pruning_removes_what_is_the_workflows_own_and_names_what_is_not(place: Place) -> None:
    jobs = place.cloud.client("batch")
    place.must("deploy", "first", IMPORT)
    assert place.processes("pruned", "jobs", "done")
    place.must("destroy", "first")
    spools = place.left()["bucket"] - {BUCKET}

    shown = place.prune("--dry-run")
    assert place.left()["bucket"] == {BUCKET, *spools}
    by_kind = {(one["action"], one["kind"], one["name"]) for one in shown}
    assert {("kept", "bucket", BUCKET)} <= by_kind

    removed = {(one["kind"], one["name"]) for one in place.prune() if one["action"] == "removed"}
    assert {name for kind, name in removed if kind == "spool bucket"} <= spools
    assert place.left()["bucket"] == {BUCKET}
    assert not jobs.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    current = place.cloud.client("apigateway").get_account()["cloudwatchRoleArn"]
    assert place.left()["role"] == {current.rpartition("/")[2]}
    assert [one["action"] for one in place.prune()] == ["kept", "kept"]


def test_rounds_with_pruning_leave_no_spool_bucket(place: Place) -> None:
    place.prune()
    for number in range(2):
        place.must("deploy", "first", IMPORT)
        assert place.processes(f"pruned-{number}", "jobs", "done")
        assert len(place.left()["bucket"] - {BUCKET}) == 1
        place.must("destroy", "first")
        place.prune()
    assert place.left()["bucket"] == {BUCKET}


def test_five_rounds_with_a_name_leave_one_spool_bucket(place: Place) -> None:
    place.prune()
    for number in range(5):
        place.must("deploy", "named", IMPORT)
        assert place.processes(f"round-{number}", "jobs", "done")
        place.must("destroy", "named")
        assert place.left()["bucket"] == {BUCKET, SPOOL}
    # What the runtime noted before is there again: the same event would not run twice.
    assert place.cloud.client("s3").list_objects_v2(Bucket=SPOOL)["KeyCount"]
