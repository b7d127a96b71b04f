"""The end of all processes that a script leaves behind, also of those that left its group.

A program that calls setsid escapes the signal to the script's process group. Its parent gone, the
kernel gives it to the nearest ancestor that asked for orphans, else to the container's first
process. We ask (https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html), and so
find every one of them among our own children.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from scar_runtime.kernel import adopt_orphans

INIT = 1
LIMIT_SECONDS = 5.0
"""A process in an uninterruptible wait outlives even SIGKILL for a while."""
_PAUSE_SECONDS = 0.002
_PARENT = 1


class Reaper:
    """For a process that runs nothing but one script at a time. Until `adopt`, and where the kernel
    refuses, it does nothing, and a program that left the script's group goes on."""

    def __init__(self) -> None:
        self._adopts = False

    @property
    def adopts(self) -> bool:
        """Whether orphans come to this process, which then has to take leave of them."""
        return self._adopts

    def adopt(self) -> None:
        """Be the parent of all orphans from now on. The first process of a container is that."""
        self._adopts = os.getpid() == INIT or adopt_orphans()

    def end_all(self) -> None:
        """Kill the children, those that come to us thereby, and so on, until none is left."""
        end = time.monotonic() + LIMIT_SECONDS
        while self._adopts and _has_children() and time.monotonic() < end:
            for child in _children():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(child, signal.SIGKILL)
            time.sleep(_PAUSE_SECONDS)


def _has_children() -> bool:
    """Whether any is left, once leave is taken of those that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> Iterator[int]:
    """The processes whose parent this one is."""
    own = str(os.getpid())
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # The second field is the program's name in brackets, which may hold anything.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[_PARENT] == own:
                yield int(folder.name)
