"""What the runtime costs, against its ancestor, the AWS CLI and a bare boto3 script."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.request import Request

from benchmarks.results import record
from benchmarks.runtime_peers import (
    BUCKET,
    ROOT,
    Measured,
    Store,
    ancestor,
    config,
    measured,
    ours,
    peer_python,
    store,
)
from scar_constructs.aws.package.assets import image_context
from scar_constructs.local.engines import EngineName, choose
from scar_constructs.local.images import RUNTIME_IMAGE, ensure_runtime_image
from tests.images.engine import Engine

T = TypeVar("T")
GIB = 1024**3
MEMORY_MIB = 120
COPY = 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"'
MOVE = 'mv "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"'
OUTPUTS_68 = 'head -c 1360000 /dev/zero | split -b 20000 - "$TMP_OUTPUT_DIR/"'
OUTPUTS_10000 = 'seq 10000 | split -l 1 -a 4 - "$TMP_OUTPUT_DIR/"'
TAG = "localhost/scar-bench/derived"


@pytest.fixture(scope="session")
def python() -> Path:
    return peer_python()


def in_turns(runs: int, *programs: Callable[[], Measured]) -> list[float]:
    """The median seconds of each program; the first round only warms the disk's cache."""
    rounds = [[program().seconds for program in programs] for _ in range(runs + 1)]
    return [statistics.median(column) for column in zip(*rounds[1:], strict=True)]


def against_ancestor(
    folder: Path, python: Path, running: Store, script: str, output: str, runs: int
) -> list[float]:
    """Both turn one event into outputs, of which `output` is one."""
    event = running.event("in/a.txt", b"x" * 1000)
    file = config(folder, script)
    medians = in_turns(
        runs,
        lambda: measured(*ours(python, file, running.variables), event),
        lambda: measured(*ancestor(python, script, running.variables), event),
    )
    for folder_of_each in ("out", "out-ancestor"):
        running.client.head_object(Bucket=BUCKET, Key=f"{folder_of_each}/{output}")
    return medians


def test_a_cold_run(tmp_path: Path, python: Path) -> None:
    with store(0) as running:
        mine, theirs = against_ancestor(tmp_path, python, running, COPY, "a.txt", 9)
    measure = "cold run of one event, process start to output uploaded"
    record(measure, f"{mine:.3f} s", f"ancestor {theirs:.3f} s", mine / theirs, 0.5, "x")


def test_many_small_outputs(tmp_path: Path, python: Path) -> None:
    with store(0.025) as running:
        mine, theirs = against_ancestor(tmp_path, python, running, OUTPUTS_68, "cp", 5)
    measure = "68 outputs of 20 KB, S3 with 25 ms per request"
    record(measure, f"{mine:.3f} s", f"ancestor {theirs:.3f} s", mine / theirs, 0.15, "x")


def test_ten_thousand_outputs(tmp_path: Path, python: Path) -> None:
    settings = config(tmp_path, OUTPUTS_10000)
    with store(0.025) as running:
        event = running.event("in/a.txt", b"x")
        run = measured(*ours(python, settings, running.variables), event)
        running.client.head_object(Bucket=BUCKET, Key="out/aotp")  # the last of them
    measure = "10,000 outputs of a line, S3 with 25 ms per request; one run"
    record(measure, f"{run.seconds:.1f} s", f"{run.peak_mib:.0f} MiB", run.seconds, 20, "s")


class TimedClient(Client):
    """Adds up the time its requests take."""

    seconds = 0.0

    def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
        begin = time.perf_counter()
        try:
            return super().send(request, region, receive)
        finally:
            self.seconds += time.perf_counter() - begin


WARM = """
import json, os, statistics, subprocess, sys, time
sys.path[:0] = json.loads(os.environ["PATHS"])
from benchmarks.test_runtime import TimedClient
from scar_runtime.environment import image_environment
from scar_runtime.handler import Invocation
from scar_runtime.runtime import assemble
from tests.runtime.functions import Invoked

clients = []
class Kept(TimedClient):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        clients.append(self)

runtime = assemble(os.environ, image_environment(), client=Kept)
runtime.reaper.adopt()
event = json.loads(sys.stdin.read())
script = json.load(open(os.environ["SCAR_FUNCTION_CONFIG"]))["script"]["content"]
own = []
for number in range(60):
    event["Records"][0]["s3"]["object"]["sequencer"] = str(number)
    for client in clients:
        client.seconds = 0
    begin = time.perf_counter()
    Invocation(runtime, Invoked()).handle(event)
    total = time.perf_counter() - begin
    begin = time.perf_counter()
    subprocess.run(["/bin/sh", "-c", "true"], stdout=subprocess.PIPE)
    program = time.perf_counter() - begin
    own.append(total - program - sum(client.seconds for client in clients))
print("own", statistics.median(own[10:]), file=sys.stderr)
"""


def test_a_warm_event(tmp_path: Path) -> None:
    with store(0) as running:
        event = running.event("in/a.txt", b"x" * 1000)
        environment = {
            **running.variables,
            "SCAR_FUNCTION_CONFIG": str(config(tmp_path, "true", mode="lambda")),
            "SCAR_SPOOL_BUCKET": "spool",
            "PATHS": json.dumps([str(ROOT), str(ROOT / "runtime")]),
        }
        done = subprocess.run(
            [sys.executable, "-c", WARM],
            env=environment,
            input=event,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    own = float(done.stderr.rsplit("own", 1)[1]) * 1000
    measure = "warm event on the Lambda path, our time outside script and S3"
    record(measure, f"{own:.1f} ms", "", own, 10, "ms")


def test_a_gibibyte_through(tmp_path: Path, python: Path) -> None:
    content = os.urandom(GIB // 64) * 64
    file = tmp_path / "file"
    with store(0) as running:
        event = running.event("in/large", content)
        settings = config(tmp_path, MOVE)
        runs: list[Measured] = []

        def mine() -> Measured:
            runs.append(measured(*ours(python, settings, running.variables), event))
            return runs[-1]

        def theirs() -> Measured:
            aws = [python.with_name("aws"), "s3", "cp", "--only-show-errors"]
            there = measured([*aws, f"s3://{BUCKET}/in/large", file], running.variables)
            back = measured([*aws, file, f"s3://{BUCKET}/copy"], running.variables)
            return Measured(there.seconds + back.seconds, max(there.peak_mib, back.peak_mib))

        a, b = in_turns(3, mine, theirs)
    peak = max(run.peak_mib for run in runs)
    record("1 GiB in and 1 GiB out, peak memory", f"{peak:.0f} MiB", "", peak, MEMORY_MIB, "MiB")
    measure = "1 GiB in and 1 GiB out, against `aws s3 cp` both ways"
    record(measure, f"{a:.2f} s", f"AWS CLI {b:.2f} s", a / b, 1.1, "x")


def test_a_gibibyte_of_script_output(tmp_path: Path, python: Path) -> None:
    settings = config(tmp_path, f"yes | head -c {GIB}")
    with store(0) as running:
        run = measured(*ours(python, settings, running.variables), "{}")
    measure = "1 GiB of script output, peak memory"
    record(measure, f"{run.peak_mib:.0f} MiB", "", run.peak_mib, MEMORY_MIB, "MiB")


DISPATCHER = """
import json, sys, uuid
from scar_runtime.handler import dispatch

class Context:
    aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self):
        return 30000

event = json.load(sys.stdin)
event["Records"][0]["s3"]["object"]["sequencer"] = Context.aws_request_id
print(dispatch(event, Context()))
"""
BARE = """
import boto3
job = boto3.client("batch").submit_job(jobName="n", jobQueue="q", jobDefinition="d")
print(job["jobId"])
"""


def test_the_dispatcher(tmp_path: Path, python: Path) -> None:
    with store(0) as running:
        event = running.event("in/a.txt", b"x")
        command, environment = ours(python, config(tmp_path, COPY), running.variables)
        environment |= {
            "SCAR_SPOOL_BUCKET": "spool",
            "SCAR_JOB_QUEUE": "q",
            "SCAR_JOB_DEFINITION": "d",
        }
        mine, bare = in_turns(
            9,
            lambda: measured([command[0], "-c", DISPATCHER], environment, event),
            lambda: measured([command[0], "-c", BARE], running.variables),
        )
    measure = "dispatcher: start, one event, job submitted"
    record(measure, f"{mine:.3f} s", f"bare boto3 {bare:.3f} s", mine / bare, 1.3, "x")


def test_what_the_image_grows_by(tmp_path: Path) -> None:
    name = choose(None)
    if name is EngineName.PROCESS:
        pytest.skip("no container engine answers: install podman, or start Docker")
    ensure_runtime_image(name, print)
    engine = Engine(name)
    with image_context(config(tmp_path, COPY).read_text()) as context:
        engine.build(context, TAG, {"BASE_IMAGE": RUNTIME_IMAGE})
    with engine.running(["--entrypoint=/bin/sleep"], TAG, "60") as container:
        packed = f"{name} exec {container} tar -C / -c opt/scar | gzip -6 | wc -c"
        done = subprocess.run(
            ["sh", "-c", packed], env=engine.environment, capture_output=True, text=True, check=True
        )
    size = int(done.stdout) / 1e6
    measure = "what the runtime adds to an image, compressed"
    record(measure, f"{size:.1f} MB", "", size, 20, "MB")
