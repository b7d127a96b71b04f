"""What ran: one row per handled input, from what the cloud saw and what the runtime said.

The cloud knows of every attempt whether it succeeded, and that alone decides the status. The
runtime's lines (one JSON object per handled record, see `Report`) add the input, the outputs and
the exit code. A script that prints such a line changes nothing: see docs/runtime.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from scar_constructs.emulator.tail import OWN

LAMBDA = "lambda"
BATCH = "batch"

SUCCEEDED = "succeeded"
FAILED = "failed"

_REQUEST_CHARACTERS = 36
LAST_OUTPUT = "its last output:"
"""Where the runtime's reasons have the last lines of the script's output."""


@dataclass(frozen=True)
class Attempt:
    """One attempt as the cloud saw it: an invocation, or a container of a job.

    `execution` is Lambda's request id (the same in all attempts) or the job's id. `final` is true
    when no further attempt follows. `inputs` are "bucket/key" as far as the cloud knows them, and
    `output` is what was printed last. `messages` are the ids of those of SQS that it was given; the
    runtime reports what was in one under the message's id.
    """

    service: str
    execution: str
    function: str
    number: int
    succeeded: bool
    final: bool
    seconds: float
    exit_code: int | None = None
    reason: str | None = None
    inputs: tuple[str, ...] = ()
    output: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """One record as the runtime reported it when it had handled it."""

    service: str
    execution: str
    function: str
    input: str | None
    status: str
    exit_code: int | None
    seconds: float
    outputs: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True)
class Row:
    """One execution for the user: the last attempt at one input."""

    function: str
    service: str
    input: str | None
    status: str
    seconds: float
    outputs: tuple[str, ...]
    attempts: int
    exit_code: int | None
    reason: str | None
    execution: str
    output: str = ""
    """What was printed last, without the runtime's own lines."""

    def document(self) -> dict[str, object]:
        return asdict(self)


def parse_report(line: str, job: str | None) -> Report | None:
    """The runtime's line about a handled record, or None for any other line.

    `job` is the id of the job whose log the line is from, None for a function's log. A function
    numbers the requests of an event's further records: REQUEST-2.
    """
    if not line.startswith(OWN):
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("scar") != "execution":
        return None
    outputs = document.get("outputs")
    return Report(
        service=LAMBDA if job is None else BATCH,
        execution=str(document.get("request_id"))[:_REQUEST_CHARACTERS] if job is None else job,
        function=str(document.get("function")),
        input=_text(document.get("input")),
        status=str(document.get("status")),
        exit_code=_integer(document.get("exit_code")),
        seconds=float(_number(document.get("seconds"))),
        outputs=tuple(str(output) for output in outputs) if isinstance(outputs, list) else (),
        reason=_text(document.get("reason")),
    )


def rows(attempts: Sequence[Attempt], reports: Iterable[Report]) -> list[Row]:
    """One row per execution and input, in the order in which the executions first ended.

    Only the last attempt counts: one that failed and was retried with success is a success.
    """
    said: dict[tuple[str, str], dict[str | None, Report]] = {}
    for report in reports:
        said.setdefault((report.service, report.execution), {})[report.input] = report
    last: dict[tuple[str, str], Attempt] = {}
    given: dict[str, str] = {}
    for attempt in attempts:
        last[(attempt.service, attempt.execution)] = attempt
        given |= dict.fromkeys(attempt.messages, attempt.execution)
    found = []
    for key, attempt in last.items():
        own = [one for one in attempt.messages if given[one] == attempt.execution]
        if attempt.messages and not own:  # all were given again
            continue
        told = dict(said.get(key, {}))
        for message in own:
            told |= said.get((attempt.service, message), {})
        found += _rows(attempt, told)
    return found


def _rows(attempt: Attempt, reports: dict[str | None, Report]) -> list[Row]:
    last_words = "" if attempt.succeeded else attempt.output
    bare = Row(
        function=attempt.function,
        service=attempt.service,
        input=None,
        status=SUCCEEDED if attempt.succeeded else FAILED,
        seconds=attempt.seconds,
        outputs=(),
        attempts=attempt.number,
        exit_code=attempt.exit_code,
        reason=_explained(attempt.reason, last_words),
        execution=attempt.execution,
        output=attempt.output,
    )
    told = [_merge(bare, last_words, report) for report in reports.values()]
    # A record that no line speaks of shares the fate of the whole attempt.
    told += [replace(bare, input=name) for name in attempt.inputs if name not in reports]
    if told and not attempt.succeeded and all(row.status != FAILED for row in told):
        return [*told, bare]
    return told or [bare]


def _explained(reason: str | None, output: str) -> str | None:
    """A reason with the last output, if it has none: the platform knows of none, and the runtime
    none of an image's own container."""
    if reason is None or not output or LAST_OUTPUT in reason:
        return reason
    return f"{reason}; {LAST_OUTPUT}\n{output}"


def _merge(bare: Row, output: str, report: Report) -> Row:
    said = _explained(report.reason, output)
    exit_code = report.exit_code if report.exit_code is not None else bare.exit_code
    return replace(
        bare,
        function=report.function,
        input=report.input,
        status=report.status,
        seconds=report.seconds,
        outputs=report.outputs,
        exit_code=exit_code,
        reason=(said or bare.reason) if report.status == FAILED else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
