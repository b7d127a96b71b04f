"""The shell script that runs the user's script in the user's image.

Only the shell itself is needed, as for any script. The image's variables are as the image has
them; over them come the function's and the event's. Values are bytes of any kind but NUL.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from scar_runtime.environment import FALLBACKS, NO_HOMES, SANDBOX_HOME

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELLS_OWN = frozenset(
    {
        *("BASHOPTS", "BASH_VERSINFO", "EUID", "GROUPS", "IFS", "LINENO", "OPTIND", "PPID"),
        *("RANDOM", "SECONDS", "SHELLOPTS", "UID", "_"),
    }
)
"""Variables that one shell or another refuses to set, or takes for its own."""
_NO_HOMES = "|".join((*(f"'{home}'" for home in NO_HOMES), f"{SANDBOX_HOME}*")).encode()
IDLE = b"# There is nothing to run: stage-out says why.\nexit 0\n"

_RUN = b"""\
# SIGTERM comes to the first process only. After it nothing is published, so no code is told.
trap 'trap "" TERM; kill -TERM "$child" 2>/dev/null; wait "$child"; exit 143' TERM
"$@" &
child=$!
wait "$child"
code=$?
"""


def launcher(
    command: Sequence[str],
    folder: Path | None,
    code: Path,
    given: Mapping[str, str],
    variables: Mapping[str, str],
    home: Path,
) -> bytes:
    """The text: run `command` in `folder` (None: where the image says) and write its exit code to
    `code`.

    `given` are set where the image has no variable of that name, `variables` in any case. HOME is
    `home` where nobody has set one.
    """
    lines = [b"# Written by stage-in for the container of the user's image."]
    for name, value in {**FALLBACKS, **given}.items():
        if _is_settable(name):
            assigned = name.encode() + b"=" + quoted(value)
            lines.append(b'[ "${%s+x}" ] || %s' % (name.encode(), assigned))
            lines.append(b"export " + name.encode())
    lines.append(b"case ${HOME-} in " + _NO_HOMES + b") HOME=" + quoted(str(home)) + b";; esac")
    lines.append(b"export HOME")
    others = []
    for name, value in variables.items():
        if _is_settable(name):
            lines.append(b"export %s=%s" % (name.encode(), quoted(value)))
        elif not name.startswith("-"):  # which `env` would take for an option
            others.append(quoted(f"{name}={value}"))
    words = [*([b"env", *others] if others else []), *(quoted(word) for word in command)]
    if folder:
        lines.append(b"cd " + quoted(str(folder)) + b" || exit")
    lines.append(b"set -- " + b" ".join(words))
    told = b'echo "$code" >' + quoted(str(code)) + b'\nexit "$code"\n'
    return b"\n".join(lines) + b"\n" + _RUN + told


def _is_settable(name: str) -> bool:
    """Whether every shell can set it. A program may have variables of other names."""
    return bool(_IDENTIFIER.fullmatch(name)) and name not in _SHELLS_OWN


def quoted(text: str) -> bytes:
    """A word that the shell takes to the letter."""
    return b"'" + os.fsencode(text).replace(b"'", b"'\\''") + b"'"
