"""One attempt at a job: its tasks with the job role's credentials, their logs, the time-out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from scar_constructs.emulator.batch.containers import environment_of, requirement
from scar_constructs.emulator.batch.jobs import Job, Task
from scar_constructs.emulator.batch.metadata import PATH as METADATA_PATH
from scar_constructs.emulator.batch.metadata import TaskMetadata
from scar_constructs.emulator.batch.retry import Exit
from scar_constructs.emulator.batch.secrets import SERVICE, Credentials
from scar_constructs.emulator.batch.task import START, Part, TaskRun, in_context
from scar_constructs.emulator.engine import Engine, Log, Program, StartError
from scar_constructs.emulator.tail import Tail

ENDED_STATUS_REASON = "Essential container in task exited"
TIMEOUT_STATUS_REASON = "Job attempt duration exceeded timeout"
START_STATUS_REASON = "Task failed to start"
DEFAULT_LOG_GROUP = "/aws/batch/job"
_OUT_OF_MEMORY_EXIT = 137

Secrets = Callable[[Sequence[Mapping[str, str]], str | None, str], Mapping[str, str]]
"""(secrets of a container, execution role, session name) -> variables; raises `StartError`."""


@dataclass(frozen=True)
class _Host:
    """A task, its run, and what its containers print last."""

    task: Task
    run: TaskRun
    tail: Tail

    def live(self) -> None:
        """Run to the end, and write down how each container ended."""
        ended = self.run.run()
        for container in self.task.containers:
            end = ended[str(container.get("name") or "default")]
            if end.code is not None:
                container["exitCode"] = end.code
            if end.reason:
                container["reason"] = end.reason


class AttemptRunner:
    """Runs attempts with an engine. `endpoint` is where AWS answers, and `metadata` tells of the
    tasks that run; `heard` gets every line with its job's id."""

    def __init__(
        self,
        engine: Engine,
        credentials: Credentials,
        secrets: Secrets,
        log: Log,
        heard: Callable[[str, str], None],
        endpoint: str,
    ) -> None:
        self._engine = engine
        self._credentials = credentials
        self._secrets = secrets
        self._log = log
        self._heard = heard
        self._endpoint = endpoint
        self.metadata = TaskMetadata()

    def run(
        self, job: Job, environment: Mapping[str, Any], number: int, running: Callable[[], None]
    ) -> Exit:
        """Run attempt `number` of the job to its end; `running` is called once it has started.

        Of several nodes the first decides: when it ends, the others are ended.
        """
        hosts = []
        with contextlib.ExitStack() as volumes:
            try:
                for task in job.tasks:
                    tail = Tail()
                    run = self._task_run(job, task, environment, number, volumes, tail)
                    hosts.append(_Host(task, run, tail))
            except StartError as error:
                job.tasks[0].containers[0]["reason"] = str(error)
                return Exit(None, str(error), START_STATUS_REASON)
            hosts[0].run.started = running
            return _to_the_end(job, hosts)

    def _task_run(
        self,
        job: Job,
        task: Task,
        environment: Mapping[str, Any],
        number: int,
        volumes: contextlib.ExitStack,
        tail: Tail,
    ) -> TaskRun:
        """A task that is ready to run. Raises `StartError`."""
        identifier = uuid4().hex
        sources = self._volumes(task, number, volumes)
        common = {
            **self._variables(job, task, environment, number),
            "ECS_CONTAINER_METADATA_URI_V4": f"{self._endpoint}{METADATA_PATH}{identifier}",
        }
        starter = task.properties.get("executionRoleArn")
        # What the deciding node says of the record is what the job says.
        speaker = job.id if task is job.tasks[0] else task.id
        parts = []
        for container in task.containers:
            name = str(container.get("name") or "default")
            prefix = _stream_prefix(job, container)
            container["logStreamName"] = stream = f"{prefix}/{name}/{identifier}"
            for leftover in ("exitCode", "reason"):
                container.pop(leftover, None)
            secrets = self._secrets(container.get("secrets") or (), starter, _plain(job.id))
            variables = {**secrets, **common}
            program = _program(container, f"{_name(task, number)}-{name}", variables, sources)
            essential = _true(container.get("essential", True))
            heard = self._listener(speaker, container, stream, tail)
            parts.append(Part(name, program, essential, _dependencies(container), heard))
        run = TaskRun(self._engine, parts)
        volumes.enter_context(self.metadata.known(identifier, run))
        return run

    def _variables(
        self, job: Job, task: Task, environment: Mapping[str, Any], number: int
    ) -> dict[str, str]:
        """What the platform tells each container of a task. Raises `StartError`."""
        session = self._credentials(task.role, SERVICE, _plain(job.id)) if task.role else {}
        return {
            **session,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": job.scope.region,
            "AWS_DEFAULT_REGION": job.scope.region,
            "AWS_BATCH_JOB_ID": task.id,
            "AWS_BATCH_JOB_ATTEMPT": str(number),
            "AWS_BATCH_JQ_NAME": job.queue["jobQueueName"],
            "AWS_BATCH_CE_NAME": environment["computeEnvironmentName"],
            **task.variables,
        }

    def _listener(
        self, speaker: str, container: Mapping[str, Any], stream: str, tail: Tail
    ) -> Callable[[str], None]:
        options = (container.get("logConfiguration") or {}).get("options") or {}
        group = options.get("awslogs-group", DEFAULT_LOG_GROUP)
        # What is not essential may be the user's image alone, which can print what it likes.
        speaks = _true(container.get("essential", True))

        def heard(line: str) -> None:
            if speaks:
                self._heard(line, speaker)
            tail.add(line)
            self._log(group, stream, [line])

        return heard

    def _volumes(self, task: Task, number: int, volumes: contextlib.ExitStack) -> Mapping[str, str]:
        """Volume -> what it is on this machine: a folder of the host, or one for this attempt.
        There is no EFS, and nothing is mounted in its place."""
        sources = {}
        for volume in task.properties.get("volumes") or ():
            if "efsVolumeConfiguration" in volume:
                continue
            path = (volume.get("host") or {}).get("sourcePath")
            name = f"{_name(task, number)}-{volume['name']}"
            sources[volume["name"]] = path or volumes.enter_context(self._engine.volume(name))
        return sources


def _to_the_end(job: Job, hosts: Sequence[_Host]) -> Exit:
    main, *others = hosts

    def stop() -> None:
        for host in hosts:
            host.run.stop()

    timed_out = threading.Event()
    timer = _timer(job, stop, timed_out)
    job.stop = stop
    if job.termination is not None:
        stop()
    threads = [in_context(host.live) for host in others]
    try:
        for thread in threads:
            thread.start()
        main.live()
    finally:
        stop()
        for thread in threads:
            thread.join()
        job.stop = None
        timer.cancel()
    end = _exit(job, main.run, timed_out.is_set())
    if end.reason:
        main.task.containers[0].setdefault("reason", end.reason)
    return replace(end, output=main.tail.text())


def _timer(job: Job, stop: Callable[[], None], timed_out: threading.Event) -> threading.Timer:
    """Stops the job at its time-out, if it has one."""

    def expire() -> None:
        timed_out.set()
        stop()

    seconds = job.timeout_seconds
    timer = threading.Timer(seconds or threading.TIMEOUT_MAX, expire)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    return timer


def _exit(job: Job, run: TaskRun, timed_out: bool) -> Exit:
    code, terminated = run.exit_code, job.termination is not None
    if run.fault:
        return Exit(None, str(run.fault), START_STATUS_REASON, terminated=terminated)
    if timed_out:
        return Exit(code, "", TIMEOUT_STATUS_REASON, timed_out=True)
    killed = code == _OUT_OF_MEMORY_EXIT and not terminated
    reason = "OutOfMemoryError: Container killed due to memory usage" if killed else ""
    return Exit(code, reason, ENDED_STATUS_REASON, terminated=terminated)


def _program(
    container: Mapping[str, Any],
    name: str,
    variables: Mapping[str, str],
    sources: Mapping[str, str],
) -> Program:
    return Program(
        name=name,
        image=container["image"],
        environment={**environment_of(container), **variables},
        command=tuple(container["command"]),
        memory_mib=int(requirement(container, "MEMORY") or 0) or None,
        user=container.get("user"),
        read_only=_true(container.get("readonlyRootFilesystem")),
        privileged=_true(container.get("privileged")),
        shared_memory_mib=(container.get("linuxParameters") or {}).get("sharedMemorySize"),
        ulimits=tuple(
            f"{one['name']}={one['softLimit']}:{one['hardLimit']}"
            for one in container.get("ulimits") or ()
        ),
        volumes=tuple(
            f"{sources[mount['sourceVolume']]}:{mount['containerPath']}"
            + (":ro" if _true(mount.get("readOnly")) else "")
            for mount in container.get("mountPoints") or ()
            if mount["sourceVolume"] in sources
        ),
    )


def _dependencies(container: Mapping[str, Any]) -> dict[str, str]:
    return {
        one["containerName"]: str(one.get("condition", START))
        for one in container.get("dependsOn") or ()
    }


def _name(task: Task, number: int) -> str:
    return f"batch-{_plain(task.id)}-{number}"


def _plain(identifier: str) -> str:
    """The id of a node or of a job of an array, for names that take neither `#` nor `:`."""
    return identifier.replace("#", "-").replace(":", "-")


def _stream_prefix(job: Job, container: Mapping[str, Any]) -> str:
    options = (container.get("logConfiguration") or {}).get("options") or {}
    return str(options.get("awslogs-stream-prefix") or job.definition["jobDefinitionName"])


def _true(value: object) -> bool:
    return str(value).lower() == "true"
