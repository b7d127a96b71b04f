"""The log of functions, of a request, of a job, or of everything that came of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scar_constructs.errors import UserError
from scar_constructs.operate.batch_jobs import Jobs
from scar_constructs.operate.deployed import DeployedFunction, Workflows
from scar_constructs.operate.executions import script_lines
from scar_constructs.operate.log_lines import OWN, Line, LogReader, of_request
from scar_constructs.operate.session import Session
from scar_constructs.operate.trace import Tracer

_AROUND_MS = 15 * 60 * 1000
"""The longest that a Lambda function runs: no line of a request is farther from another."""
_LAST_OUTPUT = "; its last output:"
"""What the runtime puts before the script's last lines in a reason."""


@dataclass(frozen=True)
class Wanted:
    """Which lines: of these functions since a moment (milliseconds of Unix time), or of one
    request, job, log stream or file ("bucket/key") alone."""

    functions: tuple[DeployedFunction, ...]
    since: int
    request: str | None = None
    job: str | None = None
    stream: str | None = None
    file: str | None = None


class Logs:
    """Reads what is wanted, again and again for who follows it."""

    def __init__(self, session: Session, workflows: Workflows) -> None:
        self._reader = LogReader(session)
        self._jobs = Jobs(session)
        self._tracer = Tracer(session, workflows)

    def lines(self, wanted: Wanted) -> list[Line]:
        """In the order of time. Raises `UserError` where a file is not there."""
        groups = [group for one in wanted.functions for group in one.log_groups]
        if wanted.file:
            return self._of_file(wanted.file)
        if wanted.job:
            return self._of_job(groups, wanted.job, wanted.since)
        if wanted.request:
            return self._of_request(groups, wanted.request, wanted.since)
        found = self._reader.search(groups, since=wanted.since)
        return [line for line in found if wanted.stream in (None, line.stream)]

    def ways_out(self, path: str) -> list[str]:
        """What failed of all that came of a file, with the command that runs it again."""
        return [
            f"{one.execution.function} failed on s3://{one.execution.input}; to run it again: "
            f"{one.redrive}"
            for one in self._tracer.trace(path).failed
        ]

    def _of_file(self, path: str) -> list[Line]:
        found: dict[Line, None] = {}
        for done in self._tracer.trace(path).executions:
            if done.stream:
                streams = self._jobs.streams(done.job_id) if done.job_id else set()
                found.update(dict.fromkeys(script_lines(self._reader, done, streams)))
        return sorted(found, key=lambda line: line.time)

    def _of_job(self, groups: Sequence[str], job: str, since: int) -> list[Line]:
        streams = self._jobs.streams(job)
        if not streams:  # Batch has forgotten it; the runtime has written its id down
            named = self._reader.search(groups, f'"{job}"', since=since)
            streams = {line.stream for line in named if line.service == "batch"}
        return _in_streams(self._reader.search(groups, since=since), streams)

    def _of_request(self, groups: Sequence[str], request: str, since: int) -> list[Line]:
        """Lambda's lines of the request, and those of the jobs that it submitted."""
        named = self._reader.search(groups, f'"{request}"', since=since)
        if not named:
            return []
        first, last = named[0].time - _AROUND_MS, named[-1].time + _AROUND_MS
        around = self._reader.search({line.group for line in named}, since=first, until=last)
        tasks = {line.task for line in named if line.service == "batch"}
        found = [line for line in around if line.service == "batch" and line.task in tasks]
        for stream in {line.stream for line in named if line.service == "lambda"}:
            found += of_request([line for line in around if line.stream == stream], request)
        return sorted(found, key=lambda line: line.time)


def _in_streams(lines: Iterable[Line], streams: set[str]) -> list[Line]:
    """Those of the streams; of a job of several containers, streams of the same task."""
    tasks = {name.rpartition("/")[2] for name in streams}
    return [line for line in lines if line.stream in streams or line.task in tasks]


def shown(lines: Iterable[Line]) -> Iterator[Line]:
    """What a person wants who reads scripts' output: of the runtime's own lines, what went wrong;
    of the platform's, none.

    Lambda repeats the fault of a failed invocation with a trace through the runtime: that begins
    with "[ERROR] " after the execution's own line, and goes to the end of the request.
    """
    over: set[str] = set()
    repeated: set[str] = set()
    for line in lines:
        if line.is_platform:
            over.discard(line.stream)
            repeated.discard(line.stream)
        elif line.own is not None and line.own.get("scar") == "execution":
            over.add(line.stream)
        elif line.stream in over and line.service == "lambda" and line.text.startswith("[ERROR] "):
            repeated.add(line.stream)
        if line.stream not in repeated and _is_shown(line):
            yield line


def _is_shown(line: Line) -> bool:
    if line.is_platform:
        return False
    said = line.own
    if said is None:
        return line.is_programs or not line.text.startswith(OWN)
    if said.get("scar") == "execution":
        return said.get("status") == "failed"
    return said.get("level") in ("WARNING", "CRITICAL")


def words(line: Line) -> str:
    """The line for people: the runtime's own in words."""
    said = line.own
    if said is None:
        return line.text
    if said.get("scar") != "execution":
        return f"[{said.get('level')}] {said.get('message')}"
    what = f" {said['input']}" if isinstance(said.get("input"), str) else ""
    text = f"[{said.get('status')}]{what} in {said.get('seconds')} s"
    reason = said.get("reason")
    # The script's last output, which the reason has as well, stands among the lines itself.
    return f"{text}: {reason.partition(_LAST_OUTPUT)[0]}" if isinstance(reason, str) else text


def require_known(
    workflows: Workflows, names: Sequence[str], stack: str | None
) -> tuple[DeployedFunction, ...]:
    """The functions that are named, those of a stack, or all. Raises `UserError`."""
    if names:
        return tuple(workflows.function(name) for name in names)
    found = workflows.stack(stack).functions if stack else workflows.functions
    if not found:
        raise UserError(
            "no workflow is deployed here: set AWS_REGION or AWS_PROFILE, or deploy one"
        )
    return found
