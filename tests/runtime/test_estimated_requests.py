"""The requests to S3 that an estimate counts for a run are those that the runtime makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from scar_constructs.estimate import Amounts, Assumptions, application_cost
from scar_constructs.estimate.requests import PIECE_BYTES
from scar_constructs.language import load_application
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import COPY, Function, Invoked, stored
from tests.support.faulty_service import FaultyService, faulty_service
from tests.support.windows import QUEUE, message

Make = Callable[..., Function]
READS = ("GET", "HEAD")
"""The methods of S3's cheaper tier. Of the others DELETE is free, and a run has none."""
SIZES = (100, PIECE_BYTES, 3 * PIECE_BYTES)


@pytest.fixture
def service(bucket: Bucket) -> Iterator[FaultyService]:
    with faulty_service(bucket.cloud.endpoint) as running:
        yield running


def estimated(folder: Path, mode: str, size: int, batch: str = "") -> tuple[float, float]:
    """Writes and reads of one run."""
    (folder / "run.sh").write_text("#!/bin/sh\n")
    path = folder / "counted.yaml"
    path.write_text(f"""
functions:
  aws:
  - lambda:
      {{name: f, container: {{image: x}}, init_script: run.sh, execution_mode: {mode},
       input: [{{path: bucket/in}}], output: [{{path: bucket/out}}]}}
    batch: {{{batch}}}
""")
    assumptions = Assumptions(files=Amounts(1), size=size)
    cost = application_cost(load_application([path]).application, assumptions)
    found = {one.what: one.quantity for one in cost.functions[0].items if one.service == "S3"}
    return found["writes"], found["reads"]


def made_by(service: FaultyService) -> tuple[int, int]:
    """Writes and reads that S3 was asked for."""
    read = [call.method in READS for call in service.calls]
    return read.count(False), read.count(True)


@pytest.mark.parametrize("size", SIZES)
def test_a_run_on_lambda(
    function: Make, bucket: Bucket, service: FaultyService, tmp_path: Path, size: int
) -> None:
    event = stored(bucket, "in/file", b"x" * size)
    made = dataclasses.replace(function(COPY), cloud=Cloud(service.server_port))
    Invocation(made.runtime(), Invoked()).handle(event)
    assert bucket.keys("out/") == ["out/file"]
    assert made_by(service) == estimated(tmp_path, "lambda", size)


@pytest.mark.parametrize("size", SIZES)
def test_a_run_as_a_job(
    function: Make, bucket: Bucket, service: FaultyService, tmp_path: Path, size: int
) -> None:
    event = stored(bucket, "in/file", b"x" * size)
    made = dataclasses.replace(function(COPY, mode="batch"), cloud=Cloud(service.server_port))
    Invocation(made.runtime(), Invoked()).dispatch(event)
    assert run_job(made.job(0)) == 0
    assert bucket.keys("out/") == ["out/file"]
    assert made_by(service) == estimated(tmp_path, "batch", size)


def test_a_run_as_a_job_of_an_array(
    function: Make, bucket: Bucket, service: FaultyService, tmp_path: Path
) -> None:
    """The function's Lambda asks, writes the manifest and notes the job once for all of them."""
    messages = [message(stored(bucket, f"in/{name}", b"x")) for name in "ab"]
    made = dataclasses.replace(function(COPY, mode="batch"), cloud=Cloud(service.server_port))
    runtime = made.runtime(SCAR_EVENT_QUEUE=QUEUE)
    Invocation(runtime, Invoked()).dispatch({"Records": messages})
    once = made_by(service)
    assert once == (2, 1)
    assert run_job(made.member(0, 0)) == 0
    writes, reads = estimated(tmp_path, "batch", 1, "burst: {}")
    assert made_by(service) == (once[0] + writes, once[1] + reads)
