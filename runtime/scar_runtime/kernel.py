"""What the kernel does for a process that runs other people's programs. Each says whether it does:
not every system has it (https://man7.org/linux/man-pages/man2/prctl.2.html)."""

from __future__ import annotations

_SET_DUMPABLE = 4
_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Become the parent of every orphan among the descendants."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def seclude() -> bool:
    """Keep this process's memory, variables and open files from its children, whose user is the
    same: under /proc they could read what it holds, and write into the log as if they were it.
    What runs as root and may trace any process is not kept out."""
    return _prctl(_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> bool:
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):  # a Python without it, or no Linux
        return False
