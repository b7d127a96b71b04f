"""Reading the user's scripts."""

from __future__ import annotations

from pathlib import Path

from scar_constructs import defaults
from scar_constructs.fdl.errors import Report
from scar_constructs.fdl.models import Script
from scar_constructs.fdl.nodes import Scalar
from scar_constructs.fdl.rules import fault


def read_script(node: Scalar, report: Report) -> Script | None:
    """The script that the node names, relative to the node's file; None after a problem.

    Bytes that are not UTF-8 are kept as lone surrogates, so that the script reaches the image as
    it was, byte for byte.
    """
    path = Path(node.position.file).parent / node.text
    try:
        if not path.exists():
            report.add(
                fault(
                    "script-missing",
                    node,
                    "must name a script beside this file",
                    f"create {path} or correct the path",
                )
            )
            return None
        if not path.is_file():
            report.add(fault("script-unreadable", node, "must be a file", "name the script itself"))
            return None
        with path.open("rb") as stream:
            data = stream.read(defaults.SCRIPT_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name.
        reason = getattr(error, "strerror", None) or "not a path"
        report.add(
            fault(
                "script-unreadable",
                node,
                f"cannot be read: {reason.lower()}",
                "check the path and its permissions",
            )
        )
        return None
    if len(data) > defaults.SCRIPT_MAX_BYTES:
        report.add(
            fault(
                "script-too-large",
                node,
                f"must have at most {defaults.SCRIPT_MAX_BYTES} bytes",
                "put what the script needs into the image",
            )
        )
        return None
    return Script(name=path.name, content=data.decode("utf-8", errors="surrogateescape"))
