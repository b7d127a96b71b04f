"""What the runtime costs against an earlier state of itself: ratios, from programs run in turns.

    git worktree add ../earlier COMMIT
    PYTHONPATH=runtime .venv/bin/python -m benchmarks.earlier ../earlier/runtime

prints the lines of a table. The shortest of several runs counts: other programs of the machine only
make a run longer. The small S3 keeps the checksum that comes with an object, as S3 does.
"""

from __future__ import annotations

import base64
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scar_runtime.aws.crc import BLOCK, CRC64_NVME, Crc

from benchmarks.runtime_peers import ROOT, Store, config, measured, store

GIB = 1024**3
OUTPUTS_68 = 'head -c 1360000 /dev/zero | split -b 20000 - "$TMP_OUTPUT_DIR/"'
RATE = 200e6
"""Bytes a second from S3: a fast network of a function."""
TARGET = 1.05
FIRST_EVENT = """
import json, os, sys, time, types, uuid
from importlib import import_module

class Context:
    aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self):
        return 30000

def run(handler, client):
    module, _, name = handler.rpartition(".")
    getattr(import_module(module), name)(event, Context())

event = json.load(sys.stdin)
event["Records"][0]["s3"]["object"]["sequencer"] = Context.aws_request_id
played = {"bootstrap": {"run": run}, "lambda_runtime_client": {"LambdaRuntimeClient": str}}
for name, members in played.items():
    sys.modules["awslambdaric." + name] = types.SimpleNamespace(**members)
begin = time.perf_counter()
from scar_runtime.entrypoint import main
main([])
seconds = time.perf_counter() - begin
open(os.environ["SECONDS_FILE"], "w").write(str(seconds))
"""
"""A function's process, with one event in place of Lambda's client and its loop."""

Timed = Callable[[Path], float]
"""Seconds of one run of the runtime in this folder."""


@dataclass(frozen=True)
class Place:
    """Where programs run: their S3, and a folder for their files."""

    running: Store
    folder: Path

    def environment(self, runtime: Path, script: str, mode: str = "batch") -> dict[str, str]:
        return {
            **self.running.variables,
            "PYTHONPATH": str(runtime),
            "SCAR_FUNCTION_CONFIG": str(config(self.folder, script, mode)),
        }


def first_event(place: Place, event: str, runtime: Path) -> float:
    """From the first import to the end of the first event, as a Lambda function."""
    file = place.folder / "seconds"
    environment = {
        **place.environment(runtime, "true", "lambda"),
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "SCAR_SPOOL_BUCKET": "spool",
        "SECONDS_FILE": str(file),
    }
    command = [sys.executable, "-c", FIRST_EVENT]
    subprocess.run(
        command, env=environment, input=event, check=True, capture_output=True, text=True
    )
    return float(file.read_text())


def whole_run(place: Place, event: str, script: str, runtime: Path) -> float:
    """From the start of the process to its end, as a program by hand."""
    environment: Mapping[str, str] = place.environment(runtime, script)
    return measured([sys.executable, "-m", "scar_runtime"], environment, event).seconds


def compared(measure: str, runs: int, run: Timed, ours: Path, earlier: Path) -> str:
    """A line of the table. The first round only warms the caches."""
    rounds = [(run(ours), run(earlier)) for _ in range(runs + 1)][1:]
    new, old = (min(column) for column in zip(*rounds, strict=True))
    verdict = "yes" if new / old <= TARGET else "no"
    return f"| {measure} | {new:.3f} s | {old:.3f} s | {new / old:.2f} | {verdict} |"


def large_events(running: Store) -> dict[str, str]:
    """Events of an object of 1 GiB, by the checksum with which S3 keeps it: the one that SDKs send,
    and the one that S3 makes where none is sent."""
    content = os.urandom(GIB // 64) * 64
    crc = Crc(CRC64_NVME)
    for begin in range(0, GIB, BLOCK):
        crc.update(memoryview(content)[begin : begin + BLOCK])
    value = base64.b64encode(crc.digest()).decode()
    return {
        "CRC-32": running.event("in/large", content),
        "CRC-64/NVME": running.event("in/large-64", content, ChecksumCRC64NVME=value),
    }


def main(earlier: Path) -> None:
    ours = ROOT / "runtime"
    with tempfile.TemporaryDirectory() as folder, store(0) as near, store(0.025) as far:
        here, there = Place(near, Path(folder)), Place(far, Path(folder))
        small = near.event("in/a.txt", b"x" * 1000)
        distant = far.event("in/a.txt", b"x" * 1000)
        measures: list[tuple[str, int, Timed]] = [
            (
                "Lambda function: first import to first event done",
                40,
                partial(first_event, here, small),
            ),
            ("cold run by hand, one output", 30, _copying(here, small)),
            ("68 outputs of 20 KB", 20, partial(whole_run, here, small, OUTPUTS_68)),
            (
                "the same, S3 with 25 ms per request",
                15,
                partial(whole_run, there, distant, OUTPUTS_68),
            ),
        ]
        for measure, runs, run in measures:
            print(compared(measure, runs, run, ours, earlier), flush=True)
    for rate, runs in ((math.inf, 6), (RATE, 2)):
        with tempfile.TemporaryDirectory() as folder, store(0, rate) as running:
            for checksum, event in large_events(running).items():
                run = partial(whole_run, Place(running, Path(folder)), event, "true")
                at = "" if rate == math.inf else f", at {rate / 1e6:.0f} MB/s"
                measure = f"1 GiB of input that S3 keeps with a {checksum}{at}"
                print(compared(measure, runs, run, ours, earlier), flush=True)


def _copying(place: Place, event: str) -> Timed:
    return partial(whole_run, place, event, 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"')


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
