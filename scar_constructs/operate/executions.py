"""Executions: what became of each input, by the lines with which the runtime ends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any

from scar_constructs.operate.log_lines import Line, LogReader, of_request

EXECUTION = '"execution"'
"""What the log is searched for: each execution's last line has the word."""
SUCCEEDED, FAILED = "succeeded", "failed"
HANDED_OVER = ("submitted", "delegated")
_REQUEST_LETTERS = 36
_LONGEST_SECONDS = 366 * 86_400
_SKEW_MS = 5_000
"""Between the clock that stamps lines and the one that counts seconds."""


@dataclass(frozen=True)
class Execution:
    """What became of one input in one function, and where its log is. `ended` is in seconds of
    Unix time, `seconds` how long it took; `input` and `outputs` are "bucket/key"."""

    function: str
    service: str
    request_id: str
    input: str | None
    status: str
    exit_code: int | None
    seconds: float
    outputs: tuple[str, ...]
    output_count: int
    job_id: str | None
    reason: str | None
    trace_id: str | None
    peak_mib: int | None
    ended: float
    group: str
    stream: str

    @property
    def begun(self) -> float:
        return self.ended - self.seconds

    @property
    def is_handed_over(self) -> bool:
        """Whether a job does the work."""
        return self.status in HANDED_OVER

    @property
    def task(self) -> str:
        return self.stream.rpartition("/")[2]

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def executions(lines: Iterable[Line]) -> list[Execution]:
    """Those that the lines tell of, in their order."""
    found = (execution_of(line) for line in lines)
    return [one for one in found if one is not None]


def execution_of(line: Line) -> Execution | None:
    """The execution that ended with this line; None if it is another line."""
    said = line.own
    if said is None or said.get("scar") != "execution":
        return None
    outputs = said.get("outputs")
    shown = tuple(str(one) for one in outputs) if isinstance(outputs, list) else ()
    return Execution(
        function=line.function,
        service=line.service,
        request_id=str(said.get("request_id")),
        input=_text(said, "input"),
        status=str(said.get("status")),
        exit_code=_number(said, "exit_code", int),
        seconds=_seconds(said),
        outputs=shown,
        output_count=int(_number(said, "output_count", int) or len(shown)),
        job_id=_text(said, "job_id"),
        reason=_text(said, "reason"),
        trace_id=_text(said, "trace_id"),
        peak_mib=_number(said, "peak_mib", int),
        ended=line.time / 1000,
        group=line.group,
        stream=line.stream,
    )


def script_lines(
    reader: LogReader, done: Execution, streams: AbstractSet[str] = frozenset()
) -> list[Line]:
    """All lines of an execution, those of the platform and the runtime among them.

    Of a job, that is every container of its task, and the `streams` of its other hosts; of a
    Lambda function, what lies between its request and the next.
    """
    since = int(done.begun * 1000) - _SKEW_MS - (0 if done.service == "lambda" else 60_000)
    until = int(done.ended * 1000) + _SKEW_MS
    around = reader.search([done.group], since=since, until=until)
    if done.service == "lambda":
        stream = [line for line in around if line.stream == done.stream]
        return of_request(stream, done.request_id[:_REQUEST_LETTERS]) or stream
    tasks = {done.task, *(name.rpartition("/")[2] for name in streams)}
    return [line for line in around if line.task in tasks]


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share of all lies, by the nearest rank; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) else None


def _seconds(said: Mapping[str, Any]) -> float:
    """A span that can be: an image may write into its function's log what it likes."""
    value = _number(said, "seconds", (int, float)) or 0
    return float(value) if 0 <= value <= _LONGEST_SECONDS else 0.0


def _number(said: Mapping[str, Any], name: str, kind: Any) -> Any:
    value = said.get(name)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
