"""Several calls at a time, in threads that nobody waits for once the work is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
PARALLEL = 8
_WAKE_SECONDS = 0.5
"""How often the main thread looks up from waiting. The system may hand a signal to any thread, and
Python acts on it in the main one, which a lock does not let go for it."""


def in_order(
    call: Callable[[T], R], items: Iterable[T], end: Callable[[], None] | None = None
) -> Iterator[R]:
    """The results in the order of the items. Raises the first fault that it comes to; what has not
    begun by then is left. `end` makes the calls that run end soon, and is waited for."""
    return _results(call, items, _in_turn, end)


def as_they_end(call: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The same in the order in which the calls end."""
    return _results(call, items, _ended)


def _in_turn(running: list[Future[R]]) -> Iterator[Future[R]]:
    for one in running:
        while not wait([one], _WAKE_SECONDS).done:
            pass
        yield one


def _ended(running: list[Future[R]]) -> Iterator[Future[R]]:
    left = set(running)
    while left:
        done, left = wait(left, _WAKE_SECONDS, FIRST_COMPLETED)
        yield from done


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
