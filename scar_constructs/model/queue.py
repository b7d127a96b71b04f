"""The queue through which new files come to a function."""

from __future__ import annotations

from dataclasses import dataclass


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
