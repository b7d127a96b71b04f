"""Several calls at a time, in threads that nobody waits for once the work is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
PARALLEL = 8


def in_order(
    call: Callable[[T], R], items: Iterable[T], end: Callable[[], None] | None = None
) -> Iterator[R]:
    """The results in the order of the items. Raises the first fault that it comes to; what has not
    begun by then is left. `end` makes the calls that run end soon, and is waited for."""
    return _results(call, items, lambda running: iter(running), end)


def as_they_end(call: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The same in the order in which the calls end."""
    return _results(call, items, as_completed)


def _results(
    call: Callable[[T], R],
    items: Iterable[T],
    order: Callable[[list[Future[R]]], Iterator[Future[R]]],
    end: Callable[[], None] | None = None,
) -> Iterator[R]:
    pool = ThreadPoolExecutor(PARALLEL)
    try:
        for done in order([pool.submit(call, item) for item in items]):
            yield done.result()
    except BaseException:
        if end is not None:
            end()
        pool.shutdown(wait=end is not None, cancel_futures=True)
        raise
    pool.shutdown()
