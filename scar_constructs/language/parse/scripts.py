"""Reading the user's scripts, and what can be seen to be wrong in them."""

from __future__ import annotations

from pathlib import Path

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.outside_files import is_allowed
from scar_constructs.language.paths import UNUSABLE, reason
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.model import Script, limits
from scar_constructs.terminal import quote

POSIX_SHELLS = frozenset({"sh", "ash", "dash", "busybox"})
OTHER_SHELLS = frozenset({"bash", "ksh", "ksh93", "mksh", "zsh"})


def read_script(node: Scalar, report: Report) -> Script | None:
    """The script that the node names, relative to the node's file; None after a problem.

    Bytes that are not UTF-8 are kept as lone surrogates, so that the script reaches the image as
    it was, byte for byte.
    """
    path = Path(node.position.file).parent / node.text
    data = (
        _read_bytes(path, node, report)
        if is_allowed(path, node, report, unreadable="script-unreadable")
        else None
    )
    if data is None:
        return None
    _check_content(data, node, report)
    return Script(name=path.name, content=data.decode("utf-8", errors="surrogateescape"))


def _read_bytes(path: Path, node: Scalar, report: Report) -> bytes | None:
    try:
        if not path.exists():
            fix = f"create {path} or correct the path"
            report.add(fault("script-missing", node, "must name a script beside this file", fix))
            return None
        if not path.is_file():
            fix = "name the script itself"
            report.add(fault("script-unreadable", node, "must be a file", fix))
            return None
        with path.open("rb") as stream:
            data = stream.read(limits.SCRIPT_MAX_BYTES + 1)
    except UNUSABLE as error:
        message = f"cannot be read: {reason(error)}"
        fix = "check the path and its permissions"
        report.add(fault("script-unreadable", node, message, fix))
        return None
    if len(data) > limits.SCRIPT_MAX_BYTES:
        message = f"must have at most {limits.SCRIPT_MAX_BYTES} bytes"
        fix = "put what the script needs into the image"
        report.add(fault("script-too-large", node, message, fix))
        return None
    return data


def _check_content(data: bytes, node: Scalar, report: Report) -> None:
    """The script runs as `/bin/sh SCRIPT`, whatever its first line says."""
    first = data.split(b"\n", 1)[0]
    if not data.strip():
        report.add(fault("script-empty", node, "the script is empty", "write the script"))
    elif b"\0" in data:
        message = "must be a shell script, and the file holds bytes that no text has"
        fix = "call the program from a script"
        report.add(fault("script-not-shell", node, message, fix))
    elif b"\r\n" in data:
        message = "must have line ends of Unix; the shell takes those of Windows as part of a word"
        fix = f"run `sed -i 's/\\r$//' {node.text}`"
        report.add(fault("script-line-ends", node, message, fix))
    elif not first.startswith(b"#!"):
        message = "has no first line `#!/bin/sh`; it runs as /bin/sh all the same"
        fix = "add the line, so that editors and readers know"
        report.add(problem("script-no-shebang", node.path, node.position, message, "", fix))
    else:
        _check_shebang(first.decode("utf-8", errors="replace"), node, report)


def _check_shebang(line: str, node: Scalar, report: Report) -> None:
    words = line[2:].split()
    names = [word.rsplit("/", 1)[-1] for word in words if not word.startswith("-")]
    if names and names[0] == "env":
        names = names[1:]
    name = names[0] if names else ""
    if name in POSIX_SHELLS:
        return
    if name in OTHER_SHELLS:
        message = f"runs as /bin/sh, not as {name}: its first line is ignored"
        fix = f"write #!/bin/sh, and start a script in {name} from it where it is needed"
        report.add(problem("script-shebang-ignored", node.path, node.position, message, "", fix))
        return
    message = f"must be a shell script, and its first line is {quote(line)}"
    fix = "put the program into the image and call it from a shell script"
    report.add(problem("script-not-shell", node.path, node.position, message, "", fix))
