"""One attempt at a job: its container with the job role's credentials, its log, its time-out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.cloud.batch.jobs import Job
from local.cloud.batch.retry import Exit
from local.cloud.programs import Engine, Program, Running, StartError

ENDED_STATUS_REASON = "Essential container in task exited"
TIMEOUT_STATUS_REASON = "Job attempt duration exceeded timeout"
START_STATUS_REASON = "Task failed to start"
DEFAULT_LOG_GROUP = "/aws/batch/job"
KILL_GRACE_SECONDS = 30.0
"""Batch sends SIGTERM and, 30 seconds later, SIGKILL:
https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html"""
_OUT_OF_MEMORY_EXIT = 137
_SERVICE = "ecs-tasks.amazonaws.com"

Credentials = Callable[[str, str, str], Mapping[str, str]]
"""(role ARN, service principal, session name) -> AWS_* variables; raises `StartError`."""
Log = Callable[[str, str, Sequence[str]], None]
"""(log group, stream, lines)"""


class AttemptRunner:
    """Runs attempts with an engine. `endpoint` is where AWS answers; `heard` gets
    every line with its job's id."""

    def __init__(
        self,
        engine: Engine,
        credentials: Credentials,
        log: Log,
        heard: Callable[[str, str], None],
        endpoint: str,
    ) -> None:
        self._engine = engine
        self._credentials = credentials
        self._log = log
        self._heard = heard
        self._endpoint = endpoint

    def run(
        self,
        job: Job,
        environment: Mapping[str, Any],
        number: int,
        stream: str,
        running: Callable[[], None],
    ) -> Exit:
        """Run attempt `number` of the job to its end; `running` is called once it has started."""
        try:
            program = self._program(job, environment, number)
            process = self._engine.start(program)
        except StartError as error:
            return Exit(None, str(error), START_STATUS_REASON)
        timed_out = threading.Event()
        timer = _timer(job, process, timed_out)
        job.stop = lambda: process.stop(KILL_GRACE_SECONDS)
        running()
        if job.termination is not None:
            job.stop()
        try:
            self._follow(job, stream, process)
            code = process.wait()
        finally:
            job.stop = None
            timer.cancel()
        return _exit(job, code, timed_out.is_set())

    def _follow(self, job: Job, stream: str, process: Running) -> None:
        options = (job.container.get("logConfiguration") or {}).get("options") or {}
        group = options.get("awslogs-group", DEFAULT_LOG_GROUP)
        for line in process.lines():
            self._heard(line, job.id)
            self._log(group, stream, [line])

    def _program(self, job: Job, environment: Mapping[str, Any], number: int) -> Program:
        container = job.container
        role = container.get("jobRoleArn")
        session = self._credentials(role, _SERVICE, job.id) if role else {}
        return Program(
            name=f"batch-{job.id}-{number}",
            image=container["image"],
            environment={
                **job.environment,
                **session,
                "AWS_ENDPOINT_URL": self._endpoint,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_REGION": job.scope.region,
                "AWS_DEFAULT_REGION": job.scope.region,
                "AWS_BATCH_JOB_ID": job.id,
                "AWS_BATCH_JOB_ATTEMPT": str(number),
                "AWS_BATCH_JQ_NAME": job.queue["jobQueueName"],
                "AWS_BATCH_CE_NAME": environment["computeEnvironmentName"],
            },
            command=tuple(container["command"]),
            memory_mib=job.memory_mib,
            user=container.get("user"),
            read_only=_true(container.get("readonlyRootFilesystem")),
            privileged=_true(container.get("privileged")),
            volumes=_volumes(container),
        )


def _timer(job: Job, process: Running, timed_out: threading.Event) -> threading.Timer:
    """Stops the process at the job's time-out, if it has one."""

    def expire() -> None:
        timed_out.set()
        process.stop(KILL_GRACE_SECONDS)

    seconds = job.timeout_seconds
    timer = threading.Timer(seconds or threading.TIMEOUT_MAX, expire)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    return timer


def _exit(job: Job, code: int, timed_out: bool) -> Exit:
    terminated = job.termination is not None
    if timed_out:
        return Exit(code, "", TIMEOUT_STATUS_REASON, timed_out=True)
    killed = code == _OUT_OF_MEMORY_EXIT and not terminated
    reason = "OutOfMemoryError: Container killed due to memory usage" if killed else ""
    return Exit(code, reason, ENDED_STATUS_REASON, terminated=terminated)


def _volumes(container: Mapping[str, Any]) -> tuple[str, ...]:
    sources = {
        volume["name"]: (volume.get("host") or {}).get("sourcePath")
        for volume in container.get("volumes") or ()
    }
    return tuple(
        f"{sources[mount['sourceVolume']]}:{mount['containerPath']}"
        + (":ro" if _true(mount.get("readOnly")) else "")
        for mount in container.get("mountPoints") or ()
        if sources.get(mount["sourceVolume"])
    )


def _true(value: object) -> bool:
    return str(value).lower() == "true"
