"""Waiting for what must happen, however slow and loaded the machine is."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

HANG_SECONDS = 300.0
"""Only what hangs takes so long. Nothing in this suite may wait for less, and nothing asserts how
long something took: that is measured in benchmarks/."""


def eventually(condition: Callable[[], object], why: Callable[[], object] = lambda: "") -> None:
    """Return once the condition holds; `why` tells more if it never does."""
    end = monotonic() + HANG_SECONDS
    while not condition():
        assert monotonic() < end, why()
        sleep(0.02)
