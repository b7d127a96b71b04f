"""A workflow deployed into a local cloud that is shared by tests, and what ran in it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scar_constructs.local.cdk import cdk_environment, deploy, synthesise
from scar_constructs.local.engines import engine_environment
from scar_constructs.local.run import wait
from scar_constructs.local.server import CloudAddress
from scar_constructs.model.limits import FAILURES_OUTPUT, SERVICE_FAILURES_OUTPUT

ENTRYPOINT_IMAGE = "scar-test/entrypoint"
"""An image with an ENTRYPOINT that does nothing but fail: the runtime must not run it."""
_DOCKERFILE = """\
FROM public.ecr.aws/docker/library/debian:trixie-slim
ENTRYPOINT ["/bin/false"]
CMD ["never"]
"""
NETWORK = "scar-network.template.json"
WAIT_SECONDS = 180.0


class Workflow:
    """The stacks of some files, deployed. Rows are those of the functions that a test names."""

    def __init__(self, cloud: CloudAddress, paths: Sequence[Path], assembly: Path) -> None:
        self.cloud = cloud
        self.storage = cloud.client("s3")
        self.assembly = assembly
        synthesise(paths, assembly, cloud)
        deploy(assembly, cloud)

    def put(self, bucket: str, key: str, body: bytes = b"Some words.\n") -> None:
        self.storage.put_object(Bucket=bucket, Key=key, Body=body)

    def finish(self) -> None:
        """Wait until nothing is in flight."""
        unfinished = wait(self.cloud, WAIT_SECONDS, quiet)
        assert not unfinished

    def rows(self, *functions: str) -> list[Mapping[str, Any]]:
        """The executions of these functions, but for the dispatchers' own."""
        return [
            row
            for row in self.cloud.activity()["executions"]
            if row["function"] in functions and row["status"] != "submitted"
        ]

    def keys(self, bucket: str, prefix: str) -> list[str]:
        listed = self.storage.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", ())]

    def failures(self) -> str:
        """The address of the failure queue of functions, which the stack has as an output."""
        return self._output(FAILURES_OUTPUT)

    def service_failures(self) -> str:
        """The address of the failure queue to which services send."""
        return self._output(SERVICE_FAILURES_OUTPUT)

    def _output(self, description: str) -> str:
        names = (one.name for one in self.assembly.glob("*.template.json"))
        name = next(one for one in names if one != NETWORK).removesuffix(".template.json")
        (stack,) = self.cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        values = [
            one["OutputValue"] for one in stack["Outputs"] if one.get("Description") == description
        ]
        return str(values[0])

    def text(self, bucket: str, key: str) -> str:
        body: bytes = self.storage.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body.decode()


def cdk(cloud: CloudAddress, *arguments: str) -> str:
    """Run the CDK CLI on the cloud; what it printed."""
    done = subprocess.run(
        ["cdk", *arguments, "--no-notices", "--ci", "--no-color"],
        env=cdk_environment(cloud),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def quiet(_: str) -> None:
    """Takes the place of progress on a screen."""


def build_entrypoint_image(cloud: CloudAddress, folder: Path) -> None:
    build_image(cloud, folder, ENTRYPOINT_IMAGE, _DOCKERFILE)


def build_image(cloud: CloudAddress, folder: Path, name: str, dockerfile: str) -> None:
    """Have an image in the engine's store."""
    (folder / "Dockerfile").write_text(dockerfile)
    subprocess.run(
        [cloud.engine.value, "build", "--quiet", "--tag", name, str(folder)],
        env=engine_environment(cloud.engine),
        check=True,
        capture_output=True,
    )
