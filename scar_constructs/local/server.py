"""The local cloud seen from outside: its process, its address, its credentials, its ledger."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from scar_constructs.installation import CHECKOUT
from scar_constructs.local.engines import (
    EngineName,
    engine_environment,
    remove_containers,
    remove_tags,
)
from scar_constructs.local.errors import LocalError

ACCOUNT = "123456789012"
REGION = "us-east-1"
DEPLOYER = "deployer"
_START_SECONDS = 60.0
_STOP_SECONDS = 45.0
_POLL_SECONDS = 0.1
_LOG_LINES = 15


@dataclass(frozen=True)
class Credentials:
    """Keys of an IAM user who may do everything, as the person who deploys."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class CloudAddress:
    """A running local cloud, and how to use it."""

    port: int
    engine: EngineName
    folder: Path
    credentials: Credentials

    @property
    def url(self) -> str:
        """For clients that take addresses: S3's bucket is then in the path."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variables under which the CDK CLI, the AWS CLI and boto3 use this cloud."""
        return {
            # By name: the CDK CLI puts the bucket in front of the host.
            "AWS_ENDPOINT_URL": f"http://localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": self.credentials.key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DOCKER": str(Path(__file__).with_name("container_client.py")),
            "SCAR_LOCAL_ENGINE": self.engine.value,
            "SCAR_LOCAL_REGISTRY": f"127.0.0.1:{self.port}",
            "SCAR_LOCAL_IMAGES": str(self.folder / "images"),
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client of the deploying user."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=self.credentials.key_id,
            aws_secret_access_key=self.credentials.secret,
        )

    def activity(self) -> dict[str, Any]:
        """What is in flight and what has run, see `scar_constructs.emulator.ledger`."""
        # The address is ours, so no other scheme can come in.
        with urllib.request.urlopen(f"{self.url}/_local/activity", timeout=30) as answer:  # noqa: S310
            document: dict[str, Any] = json.load(answer)
        return document

    @contextmanager
    def required(self) -> Iterator[None]:
        """Raises `LocalError` where the cloud's process has ended while it is used."""
        try:
            yield
        except (OSError, HTTPException, BotoCoreError) as error:
            if self._answers():
                raise
            tail = log_end(self.folder)
            raise LocalError("\n".join(["the local cloud has ended by itself:", *tail])) from error

    def _answers(self) -> bool:
        try:
            self.activity()
        except OSError:
            return False
        return True


def log_end(folder: Path) -> list[str]:
    """The last lines of the log of the cloud in the folder."""
    try:
        text = (folder / "cloud.log").read_text(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-_LOG_LINES:]


class LocalCloud:
    """A local cloud that ends with the block it is used in."""

    def __init__(self, engine: EngineName, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> CloudAddress:
        self._port = free_port()
        self._process = start_process(self._engine, self._port, self._folder, detached=False)
        try:
            return await_answer(self._process, self._engine, self._port, self._folder)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            end_process(self._process)
            clean_up(self._engine, self._port)


def start_process(
    engine: EngineName, port: int, folder: Path, *, detached: bool
) -> subprocess.Popen[bytes]:
    """Start the cloud's process; `folder` takes its log and its files."""
    if find_spec("ministack") is None:
        raise LocalError(
            "the local cloud is not installed: `pip install 'scar-constructs[local]'`, "
            "or `make setup` in a checkout"
        )
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "scar_constructs.emulator",
        "--port",
        str(port),
        "--engine",
        engine.value,
    ]
    command += ["--folder", str(folder), *(["--detached"] if detached else [])]
    with (folder / "cloud.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**_without_aws(engine_environment(engine)), "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def await_answer(
    process: subprocess.Popen[bytes], engine: EngineName, port: int, folder: Path
) -> CloudAddress:
    """Wait until the cloud answers, and make the deploying user. Raises `LocalError`."""
    # The emulator's root key; it is used for nothing but to make a user whom IAM judges.
    root = CloudAddress(port, engine, folder, Credentials("test", "test"))
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            root.activity()
        except OSError:
            time.sleep(_POLL_SECONDS)
            continue
        return CloudAddress(port, engine, folder, _make_deployer(root))
    end_process(process)
    raise LocalError("\n".join(["the local cloud does not start:", *log_end(folder)]))


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End the cloud's process, which ends what it started."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def clean_up(engine: EngineName, port: int) -> None:
    """Remove containers and image names that would outlive the cloud on this port."""
    environment = engine_environment(engine)
    remove_containers(engine, str(port), environment)
    remove_tags(engine, f"127.0.0.1:{port}", environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def remove_folder(folder: Path) -> None:
    """Remove the cloud's folder; a file that a job's script protected does not stop it."""
    shutil.rmtree(folder, ignore_errors=True)


def _make_deployer(root: CloudAddress) -> Credentials:
    iam = root.client("iam")
    iam.create_user(UserName=DEPLOYER)
    iam.attach_user_policy(
        UserName=DEPLOYER, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    key = iam.create_access_key(UserName=DEPLOYER)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Real credentials and addresses of the user's have no business in the local cloud."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}
