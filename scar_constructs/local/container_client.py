#!/usr/bin/env python3
"""What the CDK CLI calls instead of `docker` (CDK_DOCKER): its images go to the local cloud.

With SCAR_LOCAL_ENGINE=podman or docker, the engine's own client is run, with the host names of
Amazon ECR replaced by SCAR_LOCAL_REGISTRY (host:port, plain HTTP). With SCAR_LOCAL_ENGINE=process
nothing is built: the build context of each tag is kept in SCAR_LOCAL_IMAGES, for the cloud to run
the function out of it on this machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_REGISTRY = re.compile(r"(https?://)?\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")
_USERS_IMAGE = "BASE_IMAGE"
"""The argument of our Dockerfile."""
TAGS_FILE = "tags.json"
_PODMAN_OPTIONS = {
    # Podman's gzip takes several times as long, and nobody pulls these images over a network.
    "push": ("--tls-verify=false", "--compression-format=zstd"),
}


def main() -> int:
    engine, arguments = os.environ["SCAR_LOCAL_ENGINE"], sys.argv[1:]
    if engine == "process":
        return keep_context(arguments, Path(os.environ["SCAR_LOCAL_IMAGES"]), Path.cwd())
    if arguments[:1] == ["login"]:
        # The local registry knows no passwords; a login would only stay behind on this machine.
        return 0
    if engine == "podman" and arguments[0] == "build":
        arguments = [with_registry(one, _is_there) for one in arguments]
    command = client_command(engine, arguments, os.environ["SCAR_LOCAL_REGISTRY"])
    with _turn(arguments[0], Path(os.environ["SCAR_LOCAL_IMAGES"])):
        return subprocess.run(command).returncode


def with_registry(argument: str, is_there: Callable[[str], bool]) -> str:
    """The argument that names the user's image with Docker Hub's name, where it has no registry's
    and no such image is there: so does Docker, and podman only where the machine says so.
    """
    word, equals, image = argument.partition("=")
    first, slash, _ = image.partition("/")
    has_registry = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    if word != _USERS_IMAGE or not image or has_registry or is_there(image):
        return argument
    return f"{word}{equals}docker.io/{'' if slash else 'library/'}{image}"


def _is_there(image: str) -> bool:
    return subprocess.run(["podman", "image", "exists", image]).returncode == 0


@contextmanager
def _turn(command: str, folder: Path) -> Iterator[None]:
    """Push one image at a time: images of one base would compress and send it side by side, where
    the second finds it there."""
    if command != "push":
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "push.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def client_command(engine: str, arguments: Sequence[str], registry: str) -> list[str]:
    """The engine's command for what the CDK CLI asks for."""
    rewritten = [_REGISTRY.sub(registry, argument) for argument in arguments]
    if engine == "podman":
        rewritten[1:1] = _PODMAN_OPTIONS.get(rewritten[0], ())
    return [engine, *rewritten]


def keep_context(arguments: Sequence[str], folder: Path, here: Path) -> int:
    """Act on a command without an engine; the exit code."""
    command, *rest = arguments
    tags = _read(folder)
    if command == "build":
        tags[rest[rest.index("--tag") + 1]] = str(_copied(here / rest[-1], folder))
    elif command == "tag":
        source, target = rest
        tags[_REGISTRY.sub("", target).lstrip("/")] = tags[source]
    elif command == "inspect":
        return 0 if rest[-1] in tags else 1
    elif command not in ("login", "push"):
        print(f"{command} is not possible without a container engine", file=sys.stderr)
        return 1
    _write(folder, tags)
    return 0


def _copied(context: Path, folder: Path) -> Path:
    target = folder / hashlib.sha256(str(context.resolve()).encode()).hexdigest()[:32]
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(context, target)
    return target


def _read(folder: Path) -> dict[str, str]:
    try:
        tags: dict[str, str] = json.loads((folder / TAGS_FILE).read_text())
    except FileNotFoundError:
        return {}
    return tags


def _write(folder: Path, tags: dict[str, str]) -> None:
    """Write in one step: the cloud reads while images are still being made."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{TAGS_FILE}.{os.getpid()}"
    unfinished.write_text(json.dumps(tags, sort_keys=True))
    unfinished.replace(folder / TAGS_FILE)


if __name__ == "__main__":
    sys.exit(main())
