"""Programs as containers of podman or Docker, on the host's network."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scar_constructs.emulator.engine import (
    ECR_HOST,
    HostProcess,
    Program,
    Running,
    StartError,
    spawn,
)

LAMBDA_USER = "993:990"
"""The user id and group id that Lambda gives to a container image's processes."""

_WRITABLE = "/tmp"  # noqa: S108  (inside the container, where it is the only writable folder)
_TMP_OPTIONS = "rw,exec,nosuid,nodev,mode=1777"
_CLIENT_VARIABLES = re.compile(
    r"PATH|HOME|TMPDIR|LANG|CONTAINERS?_.*|DOCKER_.*|BUILDAH_.*|REGISTRY_.*|STORAGE_.*|XDG_.*|LD_.*"
)
"""Variables that the engine's own client reads."""


def read_only_root(program: str) -> tuple[str, ...]:
    """The options for a root that is read-only, as ECS means it. Podman by itself leaves /run and
    /var/tmp writable."""
    more = ("--read-only-tmpfs=false",) if _is_podman(program) else ()
    return ("--read-only", *more)


def lambda_conditions(program: str, tmp_mib: int) -> tuple[str, ...]:
    """The options for the conditions of Lambda: only /tmp is writable, and there is no /dev/shm.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html and https://aws.amazon.com/blogs/
    compute/parallel-processing-in-python-with-aws-lambda/. What an image declares as a volume is a
    folder like any other there; Docker has no option for that.
    """
    return (
        *read_only_root(program),
        *(("--image-volume=ignore",) if _is_podman(program) else ()),
        *("--ipc", "none", "--cap-drop", "all", "--security-opt", "no-new-privileges"),
        *("--user", LAMBDA_USER),
        *("--tmpfs", f"{_WRITABLE}:{_TMP_OPTIONS},size={tmp_mib}m"),
    )


def _is_podman(program: str) -> bool:
    return Path(program).name == "podman"


class ContainerEngine:
    """Runs programs with the command line of podman or Docker.

    `program` is that command. `instance` marks all containers of this cloud, so that none outlives
    it. `registry` (host:port) answers for the names of Amazon ECR.
    """

    def __init__(self, program: str, instance: str, registry: str, *, limits_memory: bool) -> None:
        self._program = program
        self._instance = instance
        self._registry = registry
        self._limits_memory = limits_memory
        self._default_ulimits = _configured_ulimits() if _is_podman(program) else ()
        self._present: set[str] = set()
        self._lock = threading.Lock()

    def start(self, program: Program) -> Running:
        image = ECR_HOST.sub(f"{self._registry}/", program.image)
        self._ensure(image)
        name = f"scar-{self._instance}-{program.name}"
        environment = {**os.environ, **_of_container(program.environment)}
        command = [self._program, "run", *self._options(program, name), image, *program.command]
        process = spawn(self._with_entrypoint(command, program), environment)
        return _Container(self._program, name, process)

    @contextmanager
    def volume(self, name: str) -> Iterator[str]:
        full = f"scar-{self._instance}-{name}"
        label = f"scar-local={self._instance}"
        made = self._ask("volume", "create", "--label", label, full)
        if made.returncode != 0:
            raise StartError(f"CannotCreateVolumeError: {made.stderr.strip()}")
        try:
            yield full
        finally:
            self._ask("volume", "rm", "--force", full)

    def close(self) -> None:
        listed = self._ask(
            "ps", "--all", "--quiet", "--filter", f"label=scar-local={self._instance}"
        )
        if identifiers := listed.stdout.split():
            self._ask("rm", "--force", *identifiers)
        label = f"label=scar-local={self._instance}"
        volumes = self._ask("volume", "ls", "--quiet", "--filter", label).stdout.split()
        if volumes:
            self._ask("volume", "rm", "--force", *volumes)

    def _options(self, program: Program, name: str) -> list[str]:
        options = [
            *("--rm", "--name", name, "--label", f"scar-local={self._instance}"),
            *("--network", "host", "--pull", "never"),
        ]
        for key, value in program.environment.items():
            # Credentials must not be seen in the list of processes: the client takes the value
            # from its environment. A variable that would change the client itself cannot go there.
            options += ["--env", f"{key}={value}" if _CLIENT_VARIABLES.fullmatch(key) else key]
        if program.memory_mib and self._limits_memory:
            options += ["--memory", f"{program.memory_mib}m"]
        options += _kernel_options(program, self._default_ulimits)
        if program.locked_down:
            options += lambda_conditions(self._program, program.tmp_mib)
        if program.read_only:
            options += read_only_root(self._program)
        if program.privileged:
            options.append("--privileged")
        if program.user:
            options += ["--user", program.user]
        if program.working_directory:
            options += ["--workdir", program.working_directory]
        for volume in program.volumes:
            options += ["--volume", volume]
        return options

    def _with_entrypoint(self, command: list[str], program: Program) -> list[str]:
        """The command line takes one word as entry point; its further words lead the arguments."""
        if not program.entrypoint:
            return command
        first, *others = program.entrypoint
        at = len(command) - len(program.command)
        return [*command[:2], "--entrypoint", first, *command[2:at], *others, *command[at:]]

    def _ensure(self, image: str) -> None:
        """Have the image in the local store: from there, or pulled."""
        with self._lock:
            if image in self._present:
                return
            if self._ask("image", "inspect", image).returncode != 0:
                options = ["--tls-verify=false"] if _is_podman(self._program) else []
                pulled = self._ask("pull", "--quiet", *options, image)
                if pulled.returncode != 0:
                    cause = (pulled.stderr.strip().splitlines() or ["no message"])[-1]
                    raise StartError(f"CannotPullContainerError: {cause}")
            self._present.add(image)

    def _ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self._program, *arguments], capture_output=True, text=True)


class _Container:
    """A container that runs attached: the client's process ends with it, with its exit code."""

    def __init__(self, program: str, name: str, client: HostProcess) -> None:
        self._program = program
        self._name = name
        self._client = client

    def lines(self) -> Iterator[str]:
        return self._client.lines()

    def wait(self) -> int:
        return self._client.wait()

    def stop(self, grace_seconds: float) -> None:
        command = ["stop", "--time", str(round(grace_seconds))] if grace_seconds > 0 else ["kill"]
        subprocess.run([self._program, *command, self._name], capture_output=True)


def _kernel_options(program: Program, defaults: Sequence[str]) -> Iterator[str]:
    """As ECS's agent hands `linuxParameters` and `ulimits` of a definition to Docker."""
    if program.shared_memory_mib:
        yield from ("--shm-size", f"{program.shared_memory_mib}m")
    if program.ulimits:
        limits = {limit.partition("=")[0]: limit for limit in (*defaults, *program.ulimits)}
        for limit in limits.values():
            yield from ("--ulimit", limit)


def _configured_ulimits() -> tuple[str, ...]:
    """Those of podman's configuration. It forgets them when a container asks for any, and then asks
    for more than a small machine or a container around it may give."""
    file = os.environ.get("CONTAINERS_CONF")
    if not file or not Path(file).is_file():
        return ()
    settings = tomllib.loads(Path(file).read_text())
    return tuple(settings.get("containers", {}).get("default_ulimits", ()))


def _of_container(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value for key, value in environment.items() if not _CLIENT_VARIABLES.fullmatch(key)
    }
