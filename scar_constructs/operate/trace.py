"""One file, back to the upload that it came from, and forward to all that came of it.

Back: outputs carry their input in their metadata. Forward: the runtime's lines carry the id of the
trace, and name input and outputs of each execution. What died without a line of its own is known
by what submitted it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.errors import UserError
from scar_constructs.operate import objects
from scar_constructs.operate.batch_jobs import Jobs, JobState
from scar_constructs.operate.deployed import DeployedFunction, Workflows
from scar_constructs.operate.executions import EXECUTION, FAILED, Execution, executions
from scar_constructs.operate.log_lines import LogReader
from scar_constructs.operate.objects import StoredFile
from scar_constructs.operate.session import Session

LONGEST_TRACE = 100
"""More than the 20 functions through which the runtime lets a file come."""
_BEFORE_SECONDS = 60
_UNKNOWN_DAYS = 30


@dataclass
class Step:
    """One execution in a trace: what made it wait, what it made, and how to run it again."""

    execution: Execution
    attempts: int
    queue_seconds: float | None
    redrive: str | None
    files: list[File] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.execution.document(),
            "attempts": self.attempts,
            "queue_seconds": self.queue_seconds,
            "redrive": self.redrive,
            "files": [one.document() for one in self.files],
        }


@dataclass
class File:
    """A file in a trace, and what ran on it. `written` is in seconds of Unix time, if known."""

    path: str
    written: float | None = None
    steps: list[Step] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "file": self.path,
            "written": self.written,
            "executions": [one.document() for one in self.steps],
        }


@dataclass(frozen=True)
class Trace:
    """A whole trace. `root` is the upload, `asked` the file that was asked for; `executions` are
    all, in the order of their ends."""

    id: str
    asked: str
    root: File
    executions: tuple[Execution, ...]

    @property
    def failed(self) -> Iterator[Step]:
        """The executions that failed for good."""
        waiting = [self.root]
        while waiting:
            steps = waiting.pop().steps
            yield from (one for one in steps if one.redrive)
            waiting += [file for one in steps for file in one.files]

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"trace_id": self.id, "asked": self.asked, **self.root.document()}


class Tracer:
    """Traces files in one account and region."""

    def __init__(self, session: Session, workflows: Workflows) -> None:
        self._s3 = session.client("s3")
        self._reader = LogReader(session)
        self._jobs = Jobs(session)
        self._workflows = workflows

    def trace(self, path: str) -> Trace:
        """Raises `UserError` where there is no such file."""
        asked = objects.head(self._s3, path)
        if asked is None:
            raise UserError(f"there is no object s3://{path}: check its name")
        root, written = self._root(asked)
        since = written or time.time() - _UNKNOWN_DAYS * 86400
        found = self._executions(asked.trace_id, root, int((since - _BEFORE_SECONDS) * 1000))
        tree = _tree(root, written, found, self._workflows.functions)
        return Trace(asked.trace_id, asked.path, tree, tuple(found))

    def _root(self, asked: StoredFile) -> tuple[str, float | None]:
        """The upload's path, and when it was written if it is still there."""
        current: StoredFile | None = asked
        path = asked.path
        for _ in range(LONGEST_TRACE):
            if current is None or current.source is None:
                return path, current.written if current else None
            path, version = current.source
            current = self._source(path, version)
        return path, None

    def _source(self, path: str, version: str | None) -> StoredFile | None:
        """What metadata names as a source: whoever uploads a file may name anything there."""
        try:
            return objects.head(self._s3, path, version)
        except (ClientError, BotoCoreError, UserError):
            return None

    def _executions(self, trace_id: str, root: str, since: int) -> list[Execution]:
        """All executions of the trace, and those handed to jobs that have no line of their own."""
        functions = self._workflows.functions
        groups = [group for function in functions for group in function.log_groups]
        own = executions(self._reader.search(groups, f'"{trace_id}"', since=since))
        files = {root} | {output for one in own for output in one.outputs}
        takers = [one for one in functions if any(one.takes(file) for file in files)]
        places = [group for function in takers for group in function.log_groups]
        others = executions(self._reader.search(places, EXECUTION, since=since))
        related = [one for one in others if one.input in files and one.trace_id is None]
        return sorted([*own, *self._with_jobs(related, own)], key=lambda one: one.ended)

    def _with_jobs(self, related: Sequence[Execution], own: Sequence[Execution]) -> list[Execution]:
        """Of what was handed over, the job's state where the job has not said how it ended."""
        told = {one.job_id for one in own if one.service == "batch"}
        told |= {one.job_id for one in related if one.service == "batch"}
        waiting = [one.job_id for one in related if one.is_handed_over and one.job_id not in told]
        states = self._jobs.described([job for job in waiting if job])
        found = []
        for one in related:
            state = states.get(one.job_id or "")
            found.append(one)
            if one.is_handed_over and state is not None:
                found.append(_of_job(one, state))
        return found


def _of_job(submitted: Execution, job: JobState) -> Execution:
    """A job without a line of its own, as an execution in the state that Batch gives it."""
    begun = job.started or time.time()
    return Execution(
        **{
            **vars(submitted),
            "service": "batch",
            "status": job.status.lower(),
            "seconds": max(0.0, time.time() - begun) if job.status == "RUNNING" else 0.0,
            "ended": max(time.time() if job.status != "FAILED" else begun, submitted.ended),
            "reason": job.reason or None,
            "group": "",
            "stream": "",
        }
    )


def _tree(
    root: str,
    written: float | None,
    found: Sequence[Execution],
    functions: Sequence[DeployedFunction],
) -> File:
    stacks = {one.name: one.stack for one in functions}
    by_input: dict[str | None, list[Execution]] = {}
    for one in found:
        by_input.setdefault(one.input, []).append(one)
    seen: set[str] = set()

    def grown(path: str, moment: float | None, depth: int = 0) -> File:
        file = File(path, moment)
        if path in seen or depth > LONGEST_TRACE:  # written twice, a circle, or forged
            return file
        seen.add(path)
        for attempts, handed in _merged(by_input.get(path, [])):
            one, began = attempts[-1], handed.ended if handed else moment
            waited = max(0.0, round(attempts[0].begun - began, 3)) if began is not None else None
            command = _redrive(stacks.get(one.function), one)
            step = Step(one, len(attempts), waited, command)
            step.files = [grown(output, one.ended, depth + 1) for output in one.outputs]
            file.steps.append(step)
        return file

    return grown(root, written)


def _merged(found: Sequence[Execution]) -> Iterator[tuple[list[Execution], Execution | None]]:
    """The attempts at each execution, with what handed it to a job if something did."""
    handed = {one.job_id: one for one in found if one.is_handed_over and one.job_id}
    in_jobs = {one.job_id for one in found if not one.is_handed_over and one.service == "batch"}
    attempts: dict[tuple[str, str, str | None], list[Execution]] = {}
    for one in found:
        if not (one.is_handed_over and one.job_id in in_jobs):
            attempts.setdefault((one.function, one.request_id, one.job_id), []).append(one)
    for several in attempts.values():
        last = several[-1]
        yield several, handed.get(last.job_id or "") if last.service == "batch" else None


def _redrive(stack: str | None, one: Execution) -> str | None:
    """The command that gives a failed event to its function again."""
    if one.status != FAILED or stack is None:
        return None
    return f"scar redrive {stack} --function {one.function}"
