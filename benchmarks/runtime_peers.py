"""The programs compared: this runtime, and its ancestor as its Batch jobs run it."""

from __future__ import annotations

import base64
import json
import math
import os
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "bench-peer"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
BUCKET = "bucket"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peer_python() -> Path:
    """An environment with the ancestor, boto3 and the AWS CLI; all programs run with it."""
    python, done = CACHE / "bin" / "python", CACHE / ".done"
    wanted = REQUIREMENTS.read_text()
    if not done.exists() or done.read_text() != wanted:
        venv.create(CACHE, with_pip=True, clear=True)
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
        install += ["--requirement", REQUIREMENTS]
        subprocess.run(install, check=True)
        done.write_text(wanted)
    return python


def peer_versions() -> str:
    """Which programs we compare with."""
    pins = dict(line.split("==") for line in REQUIREMENTS.read_text().split() if "==" in line)
    names = ("faas-supervisor", "awscli", "boto3")
    return ", ".join(f"{name} {pins[name]}" for name in names)


@dataclass(frozen=True)
class Measured:
    """One run of a program: wall time in seconds, its peak memory in MiB."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Store:
    """The benchmark's S3."""

    port: int

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    @property
    def client(self) -> Any:
        return botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    def event(self, key: str, content: bytes, **facts: str) -> str:
        """Store an object, of which the request also says the facts; gives S3's event."""
        answer = self.client.put_object(Bucket=BUCKET, Key=key, Body=content, **facts)
        etag = answer["ETag"].strip('"')
        stored = {"key": key, "size": len(content), "eTag": etag, "sequencer": "01"}
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": "2026-11-23T06:00:00.000Z",
            "s3": {"bucket": {"name": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"}, "object": stored},
        }
        return json.dumps({"Records": [record]})


@contextmanager
def store(latency: float, rate: float = math.inf) -> Iterator[Store]:
    """Run the benchmark's S3, with `latency` seconds before each answer and at most `rate` bytes a
    second from all answers together."""
    port = free_port()
    program = [sys.executable, str(Path(__file__).with_name("s3_service.py"))]
    process = subprocess.Popen([*program, str(port), str(latency), str(rate)])
    try:
        running = Store(port)
        for _ in range(100):
            time.sleep(0.05)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield running
    finally:
        process.terminate()
        process.wait()


def config(folder: Path, script: str, mode: str = "batch") -> Path:
    """A function's configuration as it is packaged."""
    output: dict[str, object] = {"storage_provider": "s3", "bucket": BUCKET, "folder": "out"}
    output |= {"prefix": [], "suffix": [], "key": "{name}"}
    document = {
        "version": 1,
        "name": "f",
        "execution_mode": mode,
        "log_level": "INFO",
        "timeout_threshold": 10,
        "environment": {},
        "script": {"name": "script.sh", "content": script},
        "input": [],
        "output": [output],
    }
    file = folder / "config.json"
    file.write_text(json.dumps(document))
    return file


def ours(python: Path, config: Path, variables: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    """The command and environment of this runtime by hand."""
    settings = {"PYTHONPATH": str(ROOT / "runtime"), "SCAR_FUNCTION_CONFIG": str(config)}
    return [python, "-m", "scar_runtime"], {**variables, **settings}


def ancestor(python: Path, script: str, variables: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    """The command and environment of faas-supervisor in a Batch job."""
    config = json.dumps(
        {
            "name": "f",
            "log_level": "INFO",
            "input": [{"storage_provider": "s3", "path": f"{BUCKET}/in"}],
            "output": [{"storage_provider": "s3", "path": f"{BUCKET}/out-ancestor"}],
        }
    )
    settings = {"FUNCTION_CONFIG": encoded(config), "SCRIPT": encoded(script)}
    return [python, "-m", "faassupervisor.supervisor"], {**variables, **settings}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


METER = """
import json, os, resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.monotonic() - begin
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([code, seconds, peak / 1024]))
"""


def measured(command: Sequence[Any], environment: Mapping[str, str], event: str = "") -> Measured:
    """Run a program to its end, which must be a good one.

    A small process starts it and waits for it: Linux counts the memory of the process that
    started a program as the program's own.
    """
    done = subprocess.run(
        [sys.executable, "-c", METER, *(str(word) for word in command)],
        env=dict(environment),
        input=event,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    code, seconds, peak_mib = json.loads(done.stdout)
    assert code == 0, done.stderr[-2000:]
    return Measured(seconds, peak_mib)
