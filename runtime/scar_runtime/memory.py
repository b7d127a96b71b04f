"""How much memory scripts took, as far as the system counts it."""

from __future__ import annotations

import resource

_KIB_PER_MIB = 1024


def peak_mib() -> int | None:
    """The most MiB that one process of a script held at a time, of all scripts that this process
    has run; None where it ran none. Processes beside each other are not added up.

    https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return -(-kib // _KIB_PER_MIB) or None
