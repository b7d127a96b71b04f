"""What runs the functions: podman, Docker, or the host itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from scar_constructs.local.errors import LocalError

_PODMAN_SETTINGS = Path(__file__).with_name("containers.conf")
_SYSTEMD = Path("/run/systemd/system")


class EngineName(StrEnum):
    """A container engine, or `process` for host processes without images."""

    PODMAN = "podman"
    DOCKER = "docker"
    PROCESS = "process"


def choose(wanted: EngineName | None) -> EngineName:
    """The engine to use: the wanted one if it answers, else the first that does.

    Raises `LocalError` if the wanted one does not answer.
    """
    if wanted is None:
        answering = (name for name in (EngineName.PODMAN, EngineName.DOCKER) if _answers(name))
        return next(answering, EngineName.PROCESS)
    if not _answers(wanted):
        raise LocalError(
            f"{wanted} does not answer: start or install it, or run the scripts on this machine "
            f"with --engine process"
        )
    return wanted


def engine_environment(engine: EngineName) -> dict[str, str]:
    """The variables under which the engine's client is to run."""
    environment = dict(os.environ)
    # Without systemd this is a container or a small machine, where podman's defaults fail.
    if engine is EngineName.PODMAN and not _SYSTEMD.is_dir():
        environment.setdefault("CONTAINERS_CONF", str(_PODMAN_SETTINGS))
    return environment


def remove_containers(engine: EngineName, instance: str, environment: Mapping[str, str]) -> None:
    """Remove what an instance of the local cloud may have left, running or not."""
    if engine is EngineName.PROCESS:
        return
    listed = _ask(engine, environment, "ps", "-aq", "--filter", f"label=scar-local={instance}")
    if identifiers := listed.stdout.split():
        _ask(engine, environment, "rm", "--force", *identifiers)
    label = f"label=scar-local={instance}"
    volumes = _ask(engine, environment, "volume", "ls", "--quiet", "--filter", label)
    if names := volumes.stdout.split():
        _ask(engine, environment, "volume", "rm", "--force", *names)


def remove_tags(engine: EngineName, registry: str, environment: Mapping[str, str]) -> None:
    """Remove the names of a registry that is gone; the images stay, as the engine's cache."""
    if engine is EngineName.PROCESS:
        return
    form = "{{.Repository}}:{{.Tag}}"
    # Without a filter, podman sums up the sizes of all images of the machine, which takes seconds.
    filters = (f"reference={registry}/*", f"reference={registry}/*/*")
    options = [word for one in filters for word in ("--filter", one)]
    names = _ask(engine, environment, "images", "--format", form, *options).stdout.split()
    if stale := [name for name in names if name.startswith(f"{registry}/")]:
        # Without the second name, podman would remove every name of the image.
        for name in stale:
            command = ["untag", name, name] if engine is EngineName.PODMAN else ["rmi", name]
            _ask(engine, environment, *command)


def _answers(engine: EngineName) -> bool:
    if engine is EngineName.PROCESS:
        return True
    return (
        shutil.which(engine) is not None
        and _ask(engine, engine_environment(engine), "info").returncode == 0
    )


def _ask(
    engine: EngineName, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine.value, *arguments], env=dict(environment), capture_output=True, text=True
    )
