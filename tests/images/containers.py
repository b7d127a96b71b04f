"""A derived image at work: as a Lambda function, and as a Batch job."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scar_constructs.emulator.containers import lambda_conditions
from tests.images.engine import LABEL, Engine
from tests.images.fetched import interface_emulator
from tests.runtime.cloud import Bucket, Cloud, free_port
from tests.support.waiting import HANG_SECONDS, eventually

SUPERVISOR = "/opt/scar/bin/supervisor"
TMP_MIB = 512


@dataclass(frozen=True)
class Lambda:
    """A running function. Its log is that of the container."""

    engine: Engine
    container: str
    port: int

    def invoke(self, event: Any) -> dict[str, Any]:
        """The function's answer, or Lambda's error document."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            body = json.dumps(event).encode()
            with (
                suppress(urllib.error.URLError, ConnectionError),
                urllib.request.urlopen(url, body, HANG_SECONDS) as answer,
            ):
                answers.append(json.loads(answer.read()))
            return bool(answers)

        eventually(answered, self.log)
        return answers[0]

    def run(self, text: str, *arguments: str) -> str:
        """The output of a script given in the event."""
        answer = self.invoke(script(text, *arguments))
        assert "body" in answer, answer
        return base64.b64decode(answer["body"]).decode()

    def log(self) -> str:
        return self.engine.logs(self.container)

    def mapped(self) -> set[str]:
        """The files mapped into our interpreter, which only this machine's root may know."""
        first = self.engine.must("inspect", "--format={{.State.Pid}}", self.container).strip()
        threads = Path(f"/proc/{first}/task").glob("*/children")
        (own,) = (child for thread in threads for child in thread.read_text().split())
        lines = Path(f"/proc/{own}/maps").read_text().splitlines()
        return {path for line in lines if (path := line[line.find("/") :]).startswith("/")}


@dataclass(frozen=True)
class Image:
    """A derived image, and the user's image it comes from."""

    engine: Engine
    tag: str
    base: str
    cloud: Cloud

    @contextmanager
    def function(self, **variables: str) -> Iterator[Lambda]:
        """The image as a Lambda function, under the real runtime interface emulator."""
        port, api = free_port(), free_port()
        emulator = [
            "/rie",
            f"--runtime-interface-emulator-address=127.0.0.1:{port}",
            f"--runtime-api-address=127.0.0.1:{api}",
            SUPERVISOR,
        ]
        settings = {
            **self.cloud.variables,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "300",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            **variables,
        }
        options = [
            *lambda_conditions(self.engine.name, TMP_MIB),
            f"--volume={interface_emulator()}:/rie:ro",
            f"--entrypoint={emulator[0]}",
            *_environment(settings),
        ]
        with self.engine.running(options, self.tag, *emulator[1:]) as container:
            yield Lambda(self.engine, container, port)

    def job(self, event: Any, spool: Bucket) -> Job:
        """A Batch job for `event`, not yet begun."""
        request_id = str(uuid.uuid4())
        key = f"f/jobs/{request_id}.json"
        document = {"version": 1, "request_id": request_id, "claim": None, "event": event}
        spool.put(key, json.dumps(document).encode())
        settings = {
            **self.cloud.variables,
            "AWS_BATCH_JOB_ID": "job-1",
            "SCAR_SPOOL_BUCKET": spool.name,
            "SCAR_JOB_EVENT": key,
        }
        return Job(self, request_id, settings)


@dataclass(frozen=True)
class Job:
    """A Batch job of an image, with its platform's variables."""

    image: Image
    request_id: str
    variables: Mapping[str, str]

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        start = ("run", "--rm", f"--label={LABEL}=1", "--network=host")
        options = _environment(self.variables)
        return self.image.engine.call(*start, *options, self.image.tag, timeout=HANG_SECONDS)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Begin it; gives the container's id."""
        with self.image.engine.running(_environment(self.variables), self.image.tag) as container:
            yield container


def script(text: str, *arguments: str) -> dict[str, Any]:
    """The event that runs a script of its own."""
    return {"script": base64.b64encode(text.encode()).decode(), "cmd_args": arguments}


def _environment(variables: Mapping[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in variables.items()]
