"""Functions for tests: a configuration, a runtime around it, and the events it gets."""

from __future__ import annotations

import dataclasses
import itertools
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from scar_runtime.aws.client import Client
from scar_runtime.batch import Jobs
from scar_runtime.claims import Claims
from scar_runtime.runtime import Runtime, assemble

from tests.runtime.cloud import Bucket, Cloud

IMAGE = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere"}
"""The environment that the image is taken to have."""
SEQUENCE = itertools.count(0x0055AED6DCD90281)
COPY = 'cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR"'


def document(
    script: str | None,
    *,
    name: str = "f",
    mode: str = "lambda",
    inputs: Sequence[Mapping[str, Any]] = (),
    outputs: Sequence[Mapping[str, Any]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """A configuration document, as the language part writes it."""
    return {
        "version": 1,
        "name": name,
        "execution_mode": mode,
        "log_level": "INFO",
        "timeout_threshold": 1,
        "environment": {},
        "script": None if script is None else {"name": "run.sh", "content": script},
        "input": [
            {"storage_provider": "s3", "prefix": [], "suffix": [], **source} for source in inputs
        ],
        "output": [
            {"storage_provider": "s3", "prefix": [], "suffix": [], "key": "{name}", **output}
            for output in outputs
        ],
        **changes,
    }


@dataclass
class FakeBatch:
    """Batch as far as SubmitJob goes: keeps what was submitted, or fails as it is told to.

    `before` runs as each request comes in, `after` once the job is accepted: either may raise.
    """

    jobs: list[dict[str, Any]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    name: str = "job"

    def submit_job(self, request: Mapping[str, Any]) -> str:
        self.before()
        self.jobs.append(dict(request))
        self.after()
        return f"{self.name}-{len(self.jobs)}"

    def event_key(self, number: int) -> str:
        variables = self.jobs[number]["containerOverrides"]["environment"]
        assert [variable["name"] for variable in variables] == ["SCAR_JOB_EVENT"]
        return str(variables[0]["value"])


@dataclass
class Clock:
    """Stands still, whatever happens meanwhile, until `ready` is there; then it moves on."""

    ready: Path
    seconds: float = 0.0
    begin: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.begin + (self.seconds if self.ready.exists() else 0.0)


@dataclass(frozen=True)
class Invoked:
    """Lambda's context object, as far as the runtime looks at it. The time is SCAR's default, which
    no script of a test needs."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    seconds: float = 300.0
    begin: float = field(
        default_factory=lambda: time.monotonic()
    )  # a test's clock, where it has one

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.begin + self.seconds - time.monotonic()))


@dataclass(frozen=True)
class Function:
    """Makes runtimes of one function: each is like a new process. Its claims are judged at a time
    `ahead` seconds from now."""

    cloud: Cloud
    spool: Bucket
    config: Path
    batch: FakeBatch
    client: type[Client] = Client
    ahead: float = 0.0
    made: list[Runtime] = field(default_factory=list)

    def close(self) -> None:
        """End the processes: their connections end with them."""
        for runtime in self.made:
            runtime.connections.close()

    def runtime(self, image: Mapping[str, str] = IMAGE, **variables: str) -> Runtime:
        environ = {
            "SCAR_FUNCTION_CONFIG": str(self.config),
            "SCAR_SPOOL_BUCKET": self.spool.name,
            "SCAR_JOB_QUEUE": "queue",
            "SCAR_JOB_DEFINITION": "definition",
            "AWS_LAMBDA_LOG_GROUP_NAME": "group",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            **self.cloud.variables,
            **variables,
        }
        made = assemble(environ, image, client=self.client)
        assert made.spool is not None
        jobs = Jobs(made.config.name, made.spool, made.settings, self.batch)
        claims = Claims(made.spool, lambda: time.time() + self.ahead)
        self.made.append(dataclasses.replace(made, jobs=jobs, claims=claims))
        return self.made[-1]

    def job(self, number: int, attempt: int = 1) -> Runtime:
        """The runtime in the job that was submitted as number `number`, from 0."""
        platform = {
            "AWS_BATCH_JOB_ID": f"{self.batch.name}-{number + 1}",
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        }
        event = self.batch.event_key(number)
        return self.runtime({**IMAGE, **platform}, **platform, SCAR_JOB_EVENT=event)

    def member(self, number: int, index: int, attempt: int = 1) -> Runtime:
        """The runtime in job `index` of the array that was submitted as number `number`."""
        platform = {
            "AWS_BATCH_JOB_ID": f"{self.batch.name}-{number + 1}:{index}",
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
            "AWS_BATCH_JOB_ARRAY_INDEX": str(index),
        }
        event = self.batch.event_key(number)
        return self.runtime({**IMAGE, **platform}, **platform, SCAR_JOB_EVENT=event)

    def claims(self) -> list[dict[str, Any]]:
        return [json.loads(self.spool.get(key)) for key in self.spool.keys("f/claims/")]


def s3_record(bucket: str, key: str, **facts: Any) -> dict[str, Any]:
    """One record as S3 sends it, with its key encoded."""
    return {
        "eventVersion": "2.5",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-23T06:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": quote_plus(key, safe="/"), **facts},
        },
    }


def stored(bucket: Bucket, key: str, content: bytes = b"content\n") -> dict[str, Any]:
    """Put an object; gives the event that S3 would send."""
    answer = bucket.put(key, content)
    # As S3 has it, it grows with each write, so that no two events are the same delivery.
    sequencer = f"{next(SEQUENCE):016X}"
    facts = {"size": len(content), "eTag": answer["ETag"].strip('"'), "sequencer": sequencer}
    if "VersionId" in answer:
        facts["versionId"] = answer["VersionId"]
    return {"Records": [s3_record(bucket.name, key, **facts)]}


def executions(output: str) -> list[dict[str, Any]]:
    """The execution lines among a captured log."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"scar"')]
    return [line for line in lines if line["scar"] == "execution"]
