"""Runs a program of which nothing outlives whoever asked for it: `keeper.py COMMAND...`.

On a machine without containers this stands for the end of a container. The parent holds the other
end of standard input, so that the kernel reports when it is gone, for whatever reason. Then, and
when the program itself has ended, everything that the program started is killed, also what left its
session, and work folders that nobody uses any more are removed.

SIGTERM is passed on to the program, which may take its time; SIGHUP and SIGINT end it at once.
Needs nothing but the standard library and the runtime of this checkout.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

_PACKAGE = Path(__file__).resolve().parents[1]
# As in `scar_constructs.installation`, which a program without its package cannot import.
_RUNTIME = next(
    folder for folder in (_PACKAGE / "runtime", _PACKAGE.parent / "runtime") if folder.is_dir()
)
_SET_PARENT_DEATH_SIGNAL = 1
_SIGNALLED = 128


def main(command: Sequence[str]) -> int:
    """The program's exit code, as a shell gives it."""
    sys.path.insert(0, str(_RUNTIME))
    reaper = import_module("scar_runtime.reaper").Reaper()
    reaper.adopt()
    ended, orders = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(orders)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _noted)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    try:
        _watch(child, ended)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        reaper.end_all()
        import_module("scar_runtime.workspace").remove_leftovers()
    code = child.returncode
    return code if code >= 0 else _SIGNALLED - code


def _watch(child: subprocess.Popen[bytes], orders: int) -> None:
    """Return once the program has ended, or is to be ended."""
    standard_input = sys.stdin.fileno()
    while child.poll() is None:
        ready, _, _ = select.select([standard_input, orders], [], [])
        if standard_input in ready and not os.read(standard_input, 1024):
            return
        signals = os.read(orders, 1024) if orders in ready else b""
        if signal.SIGHUP in signals or signal.SIGINT in signals:
            return
        if signal.SIGTERM in signals:
            child.terminate()


def _die_with_parent() -> None:
    """Also if this process is killed: https://man7.org/linux/man-pages/man2/prctl.2.html"""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The number goes through the wakeup descriptor."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
