"""A real S3 for tests: the emulator of the local cloud, in a process and environment of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from scar_runtime.aws.client import Client
from scar_runtime.aws.connections import Connections
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.s3 import S3

from tests.support.waiting import HANG_SECONDS, eventually

PROGRAM = Path(sys.executable).with_name("ministack")

OPENED: list[Connections] = []


def opened(variables: Mapping[str, str]) -> Connections:
    """Connections that are closed at the end of the test."""
    OPENED.append(Connections(variables))
    return OPENED[-1]


@dataclass(frozen=True)
class Cloud:
    """One running emulator."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """What a process needs to use it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self, service: str, **options: Any) -> Any:
        return botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=40),
            **options,
        )

    def bucket(self, name: str = "bucket") -> Bucket:
        """A new bucket of its own name."""
        client = self.client("s3")
        unique = f"{name}-{uuid.uuid4().hex[:12]}"
        client.create_bucket(Bucket=unique)
        return Bucket(client, unique, self)


@dataclass(frozen=True)
class Bucket:
    """A bucket as tests look at it."""

    client: Any
    name: str
    cloud: Cloud

    @property
    def s3(self) -> S3:
        """The runtime's own way to it."""
        variables = self.cloud.variables
        client = Client("s3", Provider(variables), opened(variables))
        return S3(client, "us-east-1", self.cloud.endpoint)

    def put(self, key: str, content: bytes = b"", **options: Any) -> dict[str, Any]:
        answer = self.client.put_object(Bucket=self.name, Key=key, Body=content, **options)
        return dict(answer)

    def get(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def metadata(self, key: str, version: str | None = None) -> dict[str, str]:
        which = {"VersionId": version} if version else {}
        return dict(self.client.head_object(Bucket=self.name, Key=key, **which)["Metadata"])

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def versions(self, prefix: str = "") -> list[str]:
        """The key of every version, each as often as it was written."""
        answer = self.client.list_object_versions(Bucket=self.name, Prefix=prefix)
        return sorted(item["Key"] for item in answer.get("Versions", ()))

    def versioned(self) -> Bucket:
        self.client.put_bucket_versioning(
            Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
        )
        return self


@contextmanager
def running_cloud(folder: Path, **variables: str) -> Iterator[Cloud]:
    """Start the emulator on a free port; its log goes to `folder`."""
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "S3_PERSIST": "0",
        "LOG_LEVEL": "WARNING",
        **variables,
    }
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM)], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        cloud = Cloud(port)
        _wait(cloud, process)
        yield cloud
    finally:
        process.terminate()
        process.wait(HANG_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(cloud: Cloud, process: subprocess.Popen[bytes]) -> None:
    health = f"{cloud.endpoint}/_ministack/health"

    def answers() -> bool:
        assert process.poll() is None, "the emulator has ended"
        try:
            with urllib.request.urlopen(health, timeout=HANG_SECONDS):  # noqa: S310
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    eventually(answers, lambda: f"the emulator does not answer at {cloud.endpoint}")
