"""Things done at once, by threads, with their results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_order(do: Callable[[A], B], items: Sequence[A], threads: int) -> Iterator[B]:
    """The results of `do` for all items, each as soon as those before it are there.

    Raises the first fault by order, once nothing is under way any more; what has not begun by
    then never does.
    """
    if len(items) <= 1:
        yield from map(do, items)
        return
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        futures = [pool.submit(do, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def in_parallel(do: Callable[[A], B], items: Sequence[A], threads: int) -> list[B]:
    """The same, once all are there."""
    return list(in_order(do, items, threads))
