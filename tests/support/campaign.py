"""The fault campaign: many events under every kind of fault, and what became of each.

A row is one kind of fault in one mode. Its events are delivered as AWS does it (`deliveries`),
against a real S3 emulator behind a proxy that makes requests fail. Then the faults end, and what
lies in the failure queue is redriven. Counted are

- lost: events whose outputs are not all there in the end, or not there and in no failure queue
- corrupted: outputs whose content is not what the script wrote
- doubled: outputs that were written more than once for one event, each a further event for the next
  function
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scar_runtime.aws.errors import AwsError
from scar_runtime.outputs import CLAIM
from scar_runtime.runtime import Runtime

from scar_constructs.operate.redrive.jobs import Spool as JobSpool
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import FakeBatch, Function, document, stored
from tests.support.deliveries import Platform, Process, random_death, slow
from tests.support.faults import ALL, Fault, Plan, never, seeded
from tests.support.faulty_service import FaultyService, faulty_service
from tests.support.windows import Windows

SCRIPT = """
cd "$SCAR_OUTPUT_DIR"
cp "$SCAR_INPUT_FILE" copy
tr a-z A-Z <"$SCAR_INPUT_FILE" >upper
"""
Contents = Mapping[str, Sequence[bytes]]
"""Key of an input -> what its versions hold, the newest last."""
OUTPUTS = ("copy", "upper")
REQUESTS = 14
"""More than any process of an event sends when nothing goes wrong."""
MODES = ("lambda", "batch", "bursts")
"""The last one is `batch` with files that come through a queue."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault: what is done to requests, processes, deliveries and submissions."""

    name: str
    plan: Callable[[int], Plan] = lambda _: never
    process: Callable[[random.Random, Injected], Process] = lambda _, __: Process()
    deliveries: int = 1
    submit: Callable[[random.Random, Injected], Callable[[], None] | None] = lambda _, __: None
    after_submit: bool = False
    versions: int = 1
    modes: tuple[str, ...] = MODES


@dataclass
class Injected:
    """Counts the faults that are not the proxy's."""

    count: int = 0

    def add(self) -> None:
        self.count += 1


@dataclass(frozen=True)
class Row:
    """What became of the events of one kind and mode."""

    kind: str
    mode: str
    events: int
    faults: int
    outputs: int
    failed: int
    lost: int
    corrupted: int
    doubled: int

    @property
    def is_clean(self) -> bool:
        return (self.lost, self.corrupted, self.doubled) == (0, 0, 0)


def _requests(fault: Fault, share: float = 0.25) -> Callable[[int], Plan]:
    return lambda seed: seeded(seed, share, (fault,))


def _killed(source: random.Random, injected: Injected) -> Process:
    process = random_death(source, 0.6, REQUESTS)
    injected.count += process != Process()
    return process


def _slow(source: random.Random, injected: Injected) -> Process:
    injected.add()
    return Process(slow(source))


def _killed_for_real(source: random.Random, injected: Injected) -> Process:
    """About as long as a process takes, so that some are killed in every stage."""
    injected.add()
    return Process(killed_after=source.uniform(0.05, 1.0))


def _late(source: random.Random, injected: Injected) -> Process:
    """Delivered at once, or after the first holder's time is over."""
    injected.add()
    return Process(ahead=source.choice((0.0, 0.0, 1000.0)))


def _full(source: random.Random, injected: Injected) -> Process:
    """Every second process finds a work folder in which nothing can be made."""
    if source.random() < 0.5:
        return Process()
    injected.add()

    def fill(runtime: Runtime) -> None:
        runtime.executor._root = Path("/proc/self/no-place")

    return Process(prepare=fill)


def _clock(source: random.Random, injected: Injected) -> Process:
    injected.add()
    return Process(ahead=source.uniform(-3600, 3600))


def _submission(code: str, status: int) -> Any:
    def make(source: random.Random, injected: Injected) -> Callable[[], None]:
        def fail() -> None:
            if source.random() < 0.5:
                injected.add()
                raise AwsError(code, "a fault of the test", status, passing=True)

        return fail

    return make


KINDS: tuple[Kind, ...] = (
    *(Kind(f"S3: {fault.value}", _requests(fault)) for fault in ALL),
    Kind("S3: any of these", lambda seed: seeded(seed, 0.25)),
    Kind("killed before or after a request", process=_killed),
    Kind(
        "killed, and any fault of S3",
        lambda seed: seeded(seed, 0.1),
        process=_killed,
    ),
    Kind("killed by SIGKILL at any moment", process=_killed_for_real, modes=("lambda",)),
    Kind("S3 answers slowly", process=_slow),
    Kind("nothing can be written to the disk", process=_full),
    Kind("delivered four times, at once and late", process=_late, deliveries=4),
    Kind(
        "the same, and any fault of S3",
        lambda seed: seeded(seed, 0.1),
        process=_late,
        deliveries=4,
    ),
    Kind("three versions of each file, in any order", process=_late, deliveries=2, versions=3),
    Kind("the clock jumps by up to an hour", process=_clock, deliveries=2),
    Kind(
        "SubmitJob throttled",
        submit=_submission("TooManyRequestsException", 429),
        modes=MODES[1:],
    ),
    Kind(
        "SubmitJob's answer lost",
        submit=_submission("Broken", 0),
        after_submit=True,
        modes=MODES[1:],
    ),
)


@dataclass
class Campaign:
    """`folder` takes configurations; `workers` events are under way at once."""

    cloud: Cloud
    folder: Path
    seed: int = 1
    workers: int = 4
    rows: list[Row] = field(default_factory=list)

    def run(self, kind: Kind, mode: str, events: int) -> Row:
        """Deliver this many events under this kind of fault."""
        source = random.Random(f"{self.seed} {kind.name} {mode}")  # noqa: S311  (no secret)
        injected = Injected()
        bucket = self.cloud.bucket("soak").versioned()
        contents = {
            f"in/{n:04}": [f"event {n}.{v} ".encode() * (1 + n % 7) for v in range(kind.versions)]
            for n in range(events)
        }
        arrived = [stored(bucket, key, one) for key, each in contents.items() for one in each]
        with faulty_service(self.cloud.endpoint, kind.plan(source.randrange(1 << 30))) as service:
            function = self._function(bucket, mode, service, kind, source, injected)
            kind_of = Windows if mode == "bursts" else Platform
            platform = kind_of(function, mode, lambda: kind.process(source, injected))
            deliveries = arrived * kind.deliveries
            source.shuffle(deliveries)
            if isinstance(platform, Windows):
                platform.deliver_all(deliveries, source, self.workers)
            else:
                with ThreadPoolExecutor(self.workers) as pool:
                    list(pool.map(platform.deliver, deliveries))
            faults = len(service.befallen) + injected.count
            failed = len(platform.failures)
            unaccounted = _unaccounted(bucket, contents, platform)
            service.plan = never
            calm = replace(function, batch=FakeBatch())
            Platform.redrive(replace(platform, function=calm, process=Process))
        row = _row(kind, mode, bucket, contents, faults, failed, unaccounted)
        self.rows.append(row)
        return row

    def _function(
        self,
        bucket: Bucket,
        mode: str,
        service: FaultyService,
        kind: Kind,
        source: random.Random,
        injected: Injected,
    ) -> Function:
        output = {"bucket": bucket.name, "folder": "out", "key": "{stem}/{name}"}
        config = self.folder / f"{bucket.name}.json"
        config.write_text(json.dumps(document(SCRIPT, mode=_mode(mode), outputs=[output])))
        batch = FakeBatch()
        if fail := kind.submit(source, injected):
            batch = FakeBatch(after=fail) if kind.after_submit else FakeBatch(before=fail)
        return Function(Cloud(service.server_port), self.cloud.bucket("spool"), config, batch)


def _mode(mode: str) -> str:
    return "lambda" if mode == "lambda" else "batch"


def _key(event: Any) -> str:
    return str(event["Records"][0]["s3"]["object"]["key"])


def _done(bucket: Bucket, contents: Contents) -> set[str]:
    """The inputs all of whose outputs are there."""
    written = set(bucket.keys("out/"))
    return {
        key
        for key in contents
        if all(f"out/{key.rpartition('/')[2]}/{name}" in written for name in OUTPUTS)
    }


def _unaccounted(bucket: Bucket, contents: Contents, platform: Platform) -> int:
    """Events that are neither done nor in the failure queue, which has the document of a job."""
    waiting = set()
    for failure in platform.failures:
        event = failure.event
        if failure.job:
            spool = platform.function.spool
            event = JobSpool(spool.client, spool.name, platform.name).read(failure.job).event
        waiting.add(_key(event if "Records" in event else {"Records": [event]}))
    return len(contents.keys() - _done(bucket, contents) - waiting)


def _row(
    kind: Kind,
    mode: str,
    bucket: Bucket,
    contents: Contents,
    faults: int,
    failed: int,
    unaccounted: int,
) -> Row:
    versions = _versions(bucket)
    wrong = _wrong(bucket, contents, versions)
    writes = Counter((key, claim) for key, _, claim in versions)
    undone = len(contents.keys() - _done(bucket, contents))
    return Row(
        kind=kind.name,
        mode=mode,
        events=len(contents),
        faults=faults,
        outputs=len({key for key, _, _ in versions}),
        failed=failed,
        lost=max(unaccounted, undone),
        corrupted=wrong,
        doubled=sum(count - 1 for count in writes.values()),
    )


def _wrong(bucket: Bucket, contents: Contents, versions: Sequence[tuple[str, str, str]]) -> int:
    """Outputs that no version of their input gives, and those where another than the newest one's
    was written last."""
    expected = {
        f"out/{key.rpartition('/')[2]}/{name}": [
            one.upper() if name == "upper" else one for one in each
        ]
        for key, each in contents.items()
        for name in OUTPUTS
    }
    count = 0
    for key, version, _ in versions:
        answer = bucket.client.get_object(Bucket=bucket.name, Key=key, VersionId=version)
        count += answer["Body"].read() not in expected.get(key, ())
    return count + sum(
        bucket.get(key) != each[-1]
        for key, each in expected.items()
        if key in {v[0] for v in versions}
    )


def _versions(bucket: Bucket) -> list[tuple[str, str, str]]:
    """Key, version and claim of all that was written."""
    pages = bucket.client.get_paginator("list_object_versions").paginate(
        Bucket=bucket.name, Prefix="out/"
    )
    found = [one for page in pages for one in page.get("Versions", ())]
    return [
        (one["Key"], one["VersionId"], bucket.metadata(one["Key"], one["VersionId"])[CLAIM])
        for one in found
    ]


def cases() -> Iterator[tuple[Kind, str]]:
    """All kinds of faults in all their modes."""
    for kind in KINDS:
        for mode in kind.modes:
            yield kind, mode


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, with their sums."""
    head = ["fault", "mode", "events", "faults", "outputs", "in the failure queue"]
    head += ["lost", "corrupted", "doubled"]
    total = Row(
        "**all**",
        "",
        *(
            sum(getattr(row, name) for row in rows)
            for name in ("events", "faults", "outputs", "failed", "lost", "corrupted", "doubled")
        ),
    )
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(str(value) for value in vars(row).values()) for row in [*rows, total]]
    return "\n".join(f"| {line} |" for line in lines)
