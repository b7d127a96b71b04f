"""The queue through which new files come to a function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scar_constructs.model import limits
from scar_constructs.model.batch import Burst


class Queue(StrEnum):
    """Whether files wait in a queue until the function has room."""

    OFF = "false"
    ON = "true"
    RETIRED = "retired"
    """New files do not; what waits there is still worked on."""


@dataclass(frozen=True, kw_only=True)
class EventQueue:
    """Lambda calls the function with up to `batch` messages, which it gathers for `window_seconds`,
    in at most `concurrency` calls at a time. A message is given up after it was read `receives`
    times, and hidden for `hidden_seconds` each time. One older than `late_seconds` is a reason to
    look at the queue. A `retired` queue takes no new files, and is emptied."""

    batch: int
    window_seconds: int
    concurrency: int
    receives: int
    hidden_seconds: int
    late_seconds: int
    retired: bool = False

    @staticmethod
    def of_burst(burst: Burst, timeout_seconds: int) -> EventQueue:
        """That which gathers files for array jobs."""
        hidden = limits.BURST_VISIBILITY * timeout_seconds + burst.window_seconds
        return EventQueue(
            batch=burst.max_files,
            window_seconds=burst.window_seconds,
            concurrency=limits.QUEUE_CONCURRENCY_MIN,
            receives=limits.BURST_RECEIVES_MAX,
            hidden_seconds=hidden,
            late_seconds=hidden,  # none is as old that was not given back
            retired=burst.retired,
        )

    @staticmethod
    def of_room(
        queue: Queue, concurrency: int | None, retries: int, timeout_seconds: int
    ) -> EventQueue:
        """That in which files wait until the function has room."""
        return EventQueue(
            batch=1,
            window_seconds=0,
            concurrency=concurrency or limits.QUEUE_CONCURRENCY_MIN,
            receives=retries + 1 + limits.QUEUE_SPARE_RECEIVES,
            hidden_seconds=limits.QUEUE_VISIBILITY * timeout_seconds,
            late_seconds=limits.QUEUE_LATE_SECONDS,
            retired=queue is Queue.RETIRED,
        )
