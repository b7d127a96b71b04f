"""What a join costs beside its parts: requests, and the time from the last part to the job."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.request import Bytes, Request
from scar_runtime.aws.s3 import S3, metadata_headers
from scar_runtime.environment import FALLBACKS
from scar_runtime.handler import Invocation
from scar_runtime.joins.tickets import Ticket
from scar_runtime.outputs import JOINS
from scar_runtime.runtime import assemble

from benchmarks.results import record
from benchmarks.runtime_peers import BUCKET, store
from tests.runtime.functions import Invoked, document, s3_record

T = TypeVar("T")
THREADS = 32
LATENCY = 0.025


class CountingClient(Client):
    """Counts requests, but those that look at a part, which every event costs."""

    sent = 0

    def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
        CountingClient.sent += request.method != "HEAD"
        return super().send(request, region, receive)


def merge(folder: Path) -> Path:
    """The configuration of a function whose dispatcher joins."""
    config = folder / "merge.json"
    joined = {"bucket": BUCKET, "folder": "parts", "join": {"of": "split"}}
    config.write_text(json.dumps(document("true", name="merge", mode="batch", inputs=[joined])))
    return config


def events(storage: S3, count: int) -> list[Any]:
    """Put the parts of one execution; gives S3's events."""

    def put(slot: int) -> Any:
        ticket = Ticket("merge", 32 * "a", "all", (), {"merge": slot}, count)
        headers = metadata_headers({JOINS: ticket.text})
        etag = storage.put(BUCKET, f"parts/{slot}", Bytes(b"part"), headers).strip('"')
        return {"Records": [s3_record(BUCKET, f"parts/{slot}", size=4, eTag=etag, sequencer="01")]}

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(put, range(count)))


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_a_join(tmp_path: Path, count: int, capfd: pytest.CaptureFixture[str]) -> None:
    config = merge(tmp_path)
    with store(LATENCY) as running:
        environment = {
            **running.variables,
            "SCAR_FUNCTION_CONFIG": str(config),
            "SCAR_SPOOL_BUCKET": "spool",
            "SCAR_JOB_QUEUE": "queue",
            "SCAR_JOB_DEFINITION": "definition",
        }
        runtime = assemble(environment, FALLBACKS, client=CountingClient)
        client = Client("s3", Provider(environment), runtime.connections)
        *others, last = events(
            S3(client, "us-east-1", running.variables["AWS_ENDPOINT_URL"]), count
        )
        CountingClient.sent = 0

        def arrive(event: Any) -> None:
            Invocation(runtime, Invoked()).dispatch(event)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(arrive, others))
        begin = time.perf_counter()
        arrive(last)
        seconds = time.perf_counter() - begin
        runtime.connections.close()
    assert capfd.readouterr().out.count('"status": "submitted"') == 1
    each = CountingClient.sent / count
    parts = f"join of {count:,} parts, S3 with 25 ms per request"
    record(f"{parts}: requests beside the look at each part", f"{each:.3f}", "", each, 3, "a part")
    record(f"{parts}: last part to submitted job", f"{seconds:.2f} s", "", seconds, 2, "s")
