"""A model of how long many files take, on one step after another.

Time passes in seconds, and the files of a second are counted together, so that a million of them
take no time. What is modelled are the quotas that decide about bursts, as a fresh account has them;
each stands below with its source. What is not: that files take different times, that Spot hosts are
taken back, how fast Batch places jobs, and other work in the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

PUTS_A_SECOND = 3_500
"""Of one prefix: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""
ACCOUNT_CONCURRENCY = 1_000
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
NEW_COPIES, NEW_COPIES_SECONDS = 1_000, 10
"""A function gets so many copies more in this time.

https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
"""
LONGEST_PAUSE, LONGEST_AGE = 300, 6 * 3600
"""Between tries of a throttled event, from a second on; and when it is given up.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""
FIRST_READERS, MORE_READERS_A_MINUTE = 5, 300
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
SUBMITS_A_SECOND = 50
"""https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"""
WINDOW_FILES = 5_000
"""Events of S3 in the 6 MB of one call."""
SUBMIT_PATIENCE = 60
"""How many seconds a dispatcher repeats a SubmitJob that was throttled, on average: the runtime
tries 6 times, and each time up to 5 times at random moments."""
RETRY_PAUSES = 60, 120
"""Before Lambda tries an event again that failed. The same source."""
HOST_START_SECONDS = 180
"""As `scar estimate` assumes it."""

_PARTS = 20
Arrivals = Mapping[int, int]
"""Second -> how many files."""


@dataclass
class Step:
    """What became of the files of a step: how many were done in which second, how many ended in
    the failure queue, and how many requests of each kind there were: `calls` of Lambda, those that
    `begun`, of the `queue`, and `submits`; `waited` are seconds of dispatchers."""

    done: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    failed: int = 0
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def seconds(self) -> int:
        """When the last file was done."""
        return max(self.done, default=0)


class Way(Protocol):
    """How files are worked on."""

    def run(self, files: Arrivals, seconds: int) -> Step:
        """The step for files that arrive so and take so many seconds each."""


def uploads(count: int) -> Arrivals:
    """So many files, as fast as S3 takes them."""
    whole, rest = divmod(count, PUTS_A_SECOND)
    return dict.fromkeys(range(whole), PUTS_A_SECOND) | ({whole: rest} if rest else {})


def in_turn(files: Arrivals, seconds: int, room: Callable[[int], int]) -> dict[int, int]:
    """Second -> how many are done, if they begin in their turn and `room(second)` run at a time."""
    done: dict[int, int] = defaultdict(int)
    waiting = running = now = 0
    last = max(files, default=-1)
    while now <= last or waiting or running:
        running -= done.get(now, 0)
        waiting += files.get(now, 0)
        begun = min(waiting, max(room(now) - running, 0))
        if begun:
            done[now + seconds] += begun
        waiting, running, now = waiting - begun, running + begun, now + 1
    return done


Kind = tuple[int, int, int]
"""Events alike: since which minute they are tried, how often they were, how often they failed."""


@dataclass
class _Throttled:
    """Events that Lambda tries again, ever less often, until there is room.

    How it spreads the tries is not documented: here they come in the later half of the pause.
    """

    step: Step
    due: dict[int, dict[Kind, int]] = field(default_factory=dict)
    """Second -> which events are tried, and how many they are."""

    def add(self, now: int, failures: int, count: int) -> None:
        self._put(now, (now // 60, 0, failures), count)

    def begin(self, now: int, room: int) -> list[tuple[int, int]]:
        """Those that begin now: how often they have failed, and how many they are."""
        begun = []
        for (since, tries, failures), count in sorted(self.due.pop(now, {}).items()):
            self.step.requests["calls"] += count
            taken = min(count, max(room, 0))
            room -= taken
            if taken:
                begun.append((failures, taken))
                self.step.requests["begun"] += taken
            pause = min(2**tries, LONGEST_PAUSE)
            if now + pause - since * 60 > LONGEST_AGE:
                self.step.failed += count - taken
            else:
                self._spread(now, pause, (since, tries + 1, failures), count - taken)
        return begun

    def _spread(self, now: int, pause: int, kind: Kind, count: int) -> None:
        parts = max(min(pause // 2, _PARTS, count), 1)
        for part in range(parts):
            own = count // parts + (part < count % parts)
            self._put(now + pause - part * (pause // 2) // parts, kind, own)

    def _put(self, second: int, kind: Kind, count: int) -> None:
        if count:
            due = self.due.setdefault(second, {})
            due[kind] = due.get(kind, 0) + count


def copies(now: int, concurrency: int) -> int:
    """How many executions there may be of a function that began to grow at second 0."""
    return min(concurrency, NEW_COPIES * (1 + now // NEW_COPIES_SECONDS))


@dataclass(frozen=True)
class Direct:
    """S3 calls the function; what there is no room for Lambda tries again."""

    concurrency: int = ACCOUNT_CONCURRENCY

    def run(self, files: Arrivals, seconds: int) -> Step:
        step, now, running = Step(), 0, 0
        events = _Throttled(step)
        for second, count in files.items():
            events.add(second, 0, count)
        while events.due or running:
            running -= step.done.get(now, 0)
            for _, count in events.begin(now, copies(now, self.concurrency) - running):
                running += count
                step.done[now + seconds] += count
            now += 1
        return step


@dataclass(frozen=True)
class Queued:
    """`queue: true`: files wait until one of `concurrency` executions has ended."""

    concurrency: int = ACCOUNT_CONCURRENCY

    def run(self, files: Arrivals, seconds: int) -> Step:
        def readers(second: int) -> int:
            return min(self.concurrency, FIRST_READERS + MORE_READERS_A_MINUTE * second // 60)

        count = sum(files.values())
        return Step(
            in_turn(files, seconds, readers),
            0,
            {"calls": count, "begun": count, "queue": 3 * count},
        )


@dataclass(frozen=True)
class Jobs:
    """A dispatcher submits a job for each file, or with a `window` in seconds an array job for all
    files of one."""

    vcpus: int
    window: int = 0
    submits_a_second: int = SUBMITS_A_SECOND

    def run(self, files: Arrivals, seconds: int) -> Step:
        step = Step()
        submitted = self._arrays(files, step) if self.window else self._single(files, step)
        begin = min(submitted, default=0) + HOST_START_SECONDS
        step.done = in_turn(submitted, seconds, lambda now: self.vcpus if now >= begin else 0)
        return step

    def _arrays(self, files: Arrivals, step: Step) -> dict[int, int]:
        """Files are gathered until a window is full or has ended."""
        submitted: dict[int, int] = defaultdict(int)
        gathered, until = 0, self.window
        for second in range(max(files, default=0) + self.window + 1):
            gathered += files.get(second, 0)
            while gathered >= WINDOW_FILES or (gathered and second >= until):
                taken = min(gathered, WINDOW_FILES)
                gathered, until = gathered - taken, second + self.window
                submitted[second] += taken
                step.requests["calls"] += 1
                step.requests["begun"] += 1
                step.requests["waited"] += 1
                step.requests["submits"] += 1
        step.requests["queue"] = sum(files.values()) * 12 // 10
        return submitted

    def _single(self, files: Arrivals, step: Step) -> dict[int, int]:
        """A dispatcher for each file, which waits for its turn to submit; what waits too long is
        called twice again."""
        submitted: dict[int, int] = defaultdict(int)
        events = _Throttled(step)
        for second, count in files.items():
            events.add(second, 0, count)
        now, waiting = 0, list[tuple[int, int, int]]()
        while events.due or waiting:
            room = copies(now, ACCOUNT_CONCURRENCY) - sum(count for *_, count in waiting)
            begun = events.begin(now, room)
            waiting += [(now + SUBMIT_PATIENCE, failures, count) for failures, count in begun]
            step.requests["waited"] += sum(count for *_, count in waiting)
            left, kept = self.submits_a_second, list[tuple[int, int, int]]()
            for until, failures, count in waiting:
                taken = min(left, count)
                left -= taken
                submitted[now] += taken
                rest = count - taken
                if rest and until > now:
                    kept.append((until, failures, rest))
                elif rest and failures < len(RETRY_PAUSES):
                    events.add(now + RETRY_PAUSES[failures], failures + 1, rest)
                else:
                    step.failed += rest
            waiting, now = kept, now + 1
        step.requests["submits"] = sum(submitted.values())
        return {second: count for second, count in submitted.items() if count}
