"""What a piece of code costs, as a number that is the same on every machine."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any


class TooManyCallsError(AssertionError):
    """The code does more than it may; raised at once, so that nothing runs for ever."""


def calls(action: Callable[[], object], at_most: int | None = None) -> int:
    """How many functions are called while `action` runs, those written in C among them."""
    count = 0

    def counting(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1
            if at_most is not None and count > at_most:
                raise TooManyCallsError(f"more than {at_most} calls")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def peak_bytes(action: Callable[[], object]) -> int:
    """How much memory `action` holds at most, as Python's own allocator counts it."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
