"""What may go wrong with one request to a service, and plans of when it does.

`FaultyService` stands between a client and a service and carries a plan out:

    with faulty_service(cloud.endpoint, seeded(7, share=0.2)) as service:
        ...  # a client that is given `service.url` as its endpoint
    service.calls  # every request, with the fault that befell it

A plan is any function from a `Call` to a `Fault` or None.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import parse_qs, unquote, urlsplit


class Fault(Enum):
    """One way in which a request fails. Each value is the name that tables show.

    BEFORE: the service never gets the request. AFTER: the service has carried it out, and the
    client does not learn so. FLIPPED befalls only contents of objects: answers of other kinds have
    no checksum, and TLS is what keeps them whole.
    """

    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    SILENCE_AFTER = "closed without an answer"
    ERROR_BEFORE = "500 before"
    ERROR_AFTER = "500 after"
    SLOW_DOWN = "503 SlowDown before"
    UNAVAILABLE_AFTER = "503 after"
    TRUNCATED = "answer cut"
    EMPTY_BEFORE = "empty 200 before"
    EMPTY_AFTER = "empty 200 after"
    EMBEDDED_BEFORE = "200 with an error before"
    EMBEDDED_AFTER = "200 with an error after"
    FLIPPED = "one byte of the content changed"

    @property
    def is_applied(self) -> bool:
        """Whether the service carries the request out."""
        return self in _APPLIED


_APPLIED = frozenset(
    {
        *(Fault.RESET_AFTER, Fault.SILENCE_AFTER, Fault.ERROR_AFTER, Fault.UNAVAILABLE_AFTER),
        *(Fault.TRUNCATED, Fault.EMPTY_AFTER, Fault.EMBEDDED_AFTER, Fault.FLIPPED),
    }
)

ALL = tuple(Fault)


@dataclass(frozen=True)
class Call:
    """One request.

    - `number` counts all requests of the service, from 1, in the order in which they came
    - `operation` is the name that AWS gives it, as far as it is known here
    - `occurrence` counts the requests that are alike in operation and target, from 1: the second
      is a repetition of the first, or the same thing asked again
    - `fault`, once the plan was asked; `status` of the service's own answer, None if it got nothing
    """

    number: int
    operation: str
    method: str
    path: str
    query: str
    occurrence: int
    fault: Fault | None = None
    status: int | None = None

    @property
    def identity(self) -> tuple[str, str, int]:
        """The same in every run of the same program, whatever its threads do."""
        return self.operation, f"{self.path}?{self.query}", self.occurrence

    def befallen(self, fault: Fault | None, status: int | None) -> Call:
        return replace(self, fault=fault, status=status)


Plan = Callable[[Call], Fault | None]


def never(call: Call) -> None:
    """The plan of a service without faults."""


def once(fault: Fault, matches: Callable[[Call], bool]) -> Plan:
    """The fault befalls the first request that matches, and no other."""
    left = [fault]

    def plan(call: Call) -> Fault | None:
        return left.pop() if left and matches(call) else None

    return plan


def at(number: int, fault: Fault) -> Plan:
    """The fault befalls the request with this number."""
    return lambda call: fault if call.number == number else None


def seeded(
    seed: int,
    share: float,
    faults: Sequence[Fault] = ALL,
    matches: Callable[[Call], bool] = lambda _: True,
) -> Plan:
    """A fault befalls this share of the requests that match, which and which one by the seed.

    Each request's fate follows from the seed and its identity alone, so that a run is repeated by
    its seed, as far as the names of its objects are the same.
    """

    def plan(call: Call) -> Fault | None:
        fate = random.Random(f"{seed} {call.identity}")  # noqa: S311  (no secret)
        return fate.choice(faults) if fate.random() < share and matches(call) else None

    return plan


def operation_of(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The name of a request's operation, by what tells it from others; else its method.

    `headers` have names in small letters.
    """
    if action := headers.get("x-amz-target"):
        return action.rpartition(".")[2]
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    if url.path.startswith("/v1/") and headers.get("content-type") == "application/json":
        return {"submitjob": "SubmitJob"}.get(url.path[len("/v1/") :], "Batch")
    if url.path.startswith("/2015-03-31/functions/"):
        return "Invoke" if url.path.endswith("/invocations") else "Lambda"
    return _s3_operation(method, unquote(url.path), query)


def _s3_operation(method: str, path: str, query: Mapping[str, object]) -> str:
    _, _, key = path.lstrip("/").partition("/")
    if "uploads" in query:
        return "CreateMultipartUpload" if method == "POST" else "ListMultipartUploads"
    if "uploadId" in query:
        names = {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "GET": "ListParts"}
        return names.get(method, "AbortMultipartUpload")
    kind = "Object" if key else "Bucket"
    verbs = {"PUT": "Put", "GET": "Get", "HEAD": "Head", "DELETE": "Delete"}
    return verbs[method] + kind if method in verbs else method


def table(calls: Sequence[Call]) -> str:
    """How often each fault befell each operation, for people, as JSON."""
    counts: dict[str, dict[str, int]] = {}
    for call in calls:
        row = counts.setdefault(call.operation, {})
        name = call.fault.value if call.fault else "none"
        row[name] = row.get(name, 0) + 1
    return json.dumps(counts, indent=2, sort_keys=True)
