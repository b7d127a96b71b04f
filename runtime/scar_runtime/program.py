"""What runs for a record: the event's script, the function's script, or the image's own command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from scar_runtime.config import Config
from scar_runtime.disk import write_file
from scar_runtime.errors import ConfigError
from scar_runtime.events import Record
from scar_runtime.workspace import Workspace, local_name

SHELL = "/bin/sh"
ENTRYPOINT_UNKNOWN = (
    "the image's ENTRYPOINT is not known and is taken for none: name it in `entrypoint` of the"
    " container, or have it noted in the lock file of images"
)
SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})


@dataclass(frozen=True)
class Program:
    """One command line.

    It runs in `folder`; None is where this process was started, which in an image is its WORKDIR.
    `input` is the file that it gets as standard input, which is empty without one. `title` is what
    messages call it, `doubt` why it may be another one than it should.
    """

    words: tuple[str, ...]
    folder: Path | None
    title: str
    input: Path | None = None
    doubt: str = ""


def program_of(
    config: Config, record: Record, work: Workspace, input_file: Path | None = None
) -> Program:
    """The event's script, else ENTRYPOINT with the event's arguments, else the function's script,
    else ENTRYPOINT with CMD. A script is written into the work folder.

    Raises `ConfigError` if there is nothing to run.
    """
    if record.script is not None:
        return _script(work, "script.sh", record.script, record.arguments)
    if config.script and not record.arguments:
        return _script(work, local_name(config.script.name), config.script.content)
    if not config.has_image:
        raise ConfigError(
            f"function {config.name} runs a program of its image, and the engine `process` has no"
            " images: use podman or docker, or give the function a script"
        )
    words = (*(config.entrypoint or ()), *(record.arguments or config.command or ()))
    if not words:
        raise ConfigError(
            f"function {config.name} has no script, and what its image runs is not known: give it"
            " `init_script`, or `command` of its container, or have the image's own command noted"
            " in the lock file of images; or send a `script` with the event"
        )
    source = input_file if takes_input(words) else None
    doubt = ENTRYPOINT_UNKNOWN if config.entrypoint is None else ""
    return Program(words, None, "the command", source, doubt)


def takes_input(words: tuple[str, ...]) -> bool:
    """Whether a command gets the input file as its standard input.

    One that names a shell can redirect it where it wants it, and gets none, as a script: some of
    the programs it may start (ffmpeg, ssh) take what comes there for orders. And a shell without
    arguments would run the file.
    """
    return not any(PurePath(word).name in SHELLS for word in words)


def _script(work: Workspace, name: str, content: bytes, arguments: tuple[str, ...] = ()) -> Program:
    file = work.script / name
    write_file(file, content)
    return Program((SHELL, str(file), *arguments), work.root, "the script")
