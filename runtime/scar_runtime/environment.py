"""The environment of the user's script: the image's own, the function's, the event's.

The script must not see what the runtime brought along (its loader, its locale, its OpenSSL
settings, its SCAR_* variables), and must see all that the image says, such as an LD_PRELOAD that
the derived image keeps away from our own interpreter.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

VARIABLE_BYTES = 96 * 1024
"""A single variable above 128 KiB keeps Linux from starting the program at all."""
PARAMETER = "CONT_VAR_"
_WORD = re.compile("[A-Za-z0-9_]+")
OURS = "SCAR_"
KEPT_FOR_THE_SCRIPT = "SCAR_IMAGE_"
"""The derived image renames variables that would change our loader; the rest is the real name."""
RENAMED = ("LD_LIBRARY_PATH", "LD_PRELOAD")

FALLBACKS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
NO_HOMES = ("", "/")
"""What container engines set for a user whom the image does not know."""
SANDBOX_HOME = "/home/sbx_user"
"""How Lambda's own HOME begins, where none can write and nothing is
(https://github.com/aws/aws-lambda-base-images/issues/63). Many programs (npm, R, matplotlib, models
that are downloaded) insist on one."""


def image_environment(start: Path = Path("/proc/self/environ")) -> dict[str, str]:
    """The environment this process was started with, less what is ours.

    `start` is the kernel's copy. `os.environ` would not do: CPython itself adds LC_CTYPE to it
    (PEP 538), and our launcher OPENSSL_CONF.
    """
    try:
        entries = start.read_bytes().split(b"\0")
        variables = dict(_pair(entry) for entry in entries if b"=" in entry)
    except OSError:  # no /proc: by hand on another system
        variables = dict(os.environ)
    if KEPT_FOR_THE_SCRIPT + RENAMED[0] in variables:
        for name in RENAMED:
            given_at_start = variables.pop(name, "")
            kept = variables.get(KEPT_FOR_THE_SCRIPT + name, "")
            if given_at_start or kept:
                variables[name] = given_at_start or kept
    own = {name: value for name, value in variables.items() if not name.startswith(OURS)}
    return {**FALLBACKS, **own}


def _pair(entry: bytes) -> tuple[str, str]:
    name, _, value = entry.partition(b"=")
    return os.fsdecode(name), os.fsdecode(value)


def script_environment(
    image: Mapping[str, str], function: Mapping[str, str], event: Mapping[str, str], home: Path
) -> dict[str, str]:
    """What the script sees: the image's variables, over them the function's, over them ours.

    HOME is `home` where nobody has set one: not the function, nor the image.
    """
    trace = os.environ.get("_X_AMZN_TRACE_ID")  # renewed for each invocation by Lambda's client
    lineage = {"_X_AMZN_TRACE_ID": trace} if trace else {}
    homeless = image.get("HOME", "") in NO_HOMES or image["HOME"].startswith(SANDBOX_HOME)
    own = {"HOME": str(home)} if homeless else {}
    return {**image, **own, **lineage, **function, **event}


def without_empty(environ: Mapping[str, str]) -> dict[str, str]:
    """What counts of this process's environment. An image may set AWS's variables to nothing, and
    then means, as every SDK takes it, that they are not set."""
    return {name: value for name, value in environ.items() if value or name[:4] != "AWS_"}


def instance_ip() -> str:
    """The address of this machine, as SCAR's scripts expect it in INSTANCE_IP."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # chooses a route; a datagram socket sends nothing
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def fits_a_variable(value: str) -> bool:
    """Whether a program can be started with a variable of this value."""
    try:
        data = os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return b"\0" not in data and len(data) <= VARIABLE_BYTES


def parameter_variables(
    parameters: Mapping[str, str], listed: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """The variables that come of a request's parameters, and the parameters of which none does.

    A caller may not steer the programs that a script starts: PATH, LD_PRELOAD, http_proxy, npm's
    whole configuration and many more are read from variables, and no list of them is complete.
    So each gets a prefix. Those that the function's file lists have their own names as well.
    """
    variables: dict[str, str] = {}
    left_out = []
    room = VARIABLE_BYTES
    for name, value in parameters.items():
        size = len(name) + len(value)
        if size > room or not _WORD.fullmatch(name) or not fits_a_variable(value):
            left_out.append(name)
            continue
        room -= size
        variables[PARAMETER + name] = value
        if name in listed:
            variables[name] = value
    return variables, left_out
