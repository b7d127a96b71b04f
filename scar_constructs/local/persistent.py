"""A local cloud that is kept running between commands: where it is written down, up and down."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from scar_constructs.installation import cache_folder
from scar_constructs.local.cdk import bootstrap, cdk_environment
from scar_constructs.local.engines import EngineName
from scar_constructs.local.errors import LocalError
from scar_constructs.local.server import (
    CloudAddress,
    Credentials,
    await_answer,
    clean_up,
    end_process,
    free_port,
    remove_folder,
    start_process,
)

STATE = Path(os.environ.get("SCAR_LOCAL_FOLDER", cache_folder() / "local-cloud")).resolve()
"""The folder of the cloud that is kept: one per project, unless the variable names another."""
_FILE = STATE / "cloud.json"
_STOP_SECONDS = 45.0
_DOWN = "end it with `scar local down`"


@dataclass(frozen=True)
class _State:
    process: int
    port: int
    engine: EngineName
    key_id: str
    secret: str


@dataclass(frozen=True)
class _Process:
    """A process of a cloud that is kept in `STATE`, as its command line tells."""

    number: int
    port: int
    engine: EngineName


class _BrokenStateError(LocalError):
    """What is written down of the cloud cannot be understood."""


def keep_running(engine: EngineName) -> CloudAddress:
    """Start a cloud that outlives this command. Raises `LocalError` if there is one already."""
    if (running := running_cloud()) is not None:
        raise LocalError(f"a local cloud is running already at {running.url}: {_DOWN}")
    shutil.rmtree(STATE, ignore_errors=True)
    port = free_port()
    process = start_process(engine, port, STATE, detached=True)
    with ExitStack() as on_failure:
        on_failure.callback(clean_up, engine, port)
        on_failure.callback(end_process, process)
        cloud = await_answer(process, engine, port, STATE)
        _write(cloud, process.pid)
        on_failure.pop_all()
    return cloud


def bring_up(engine: EngineName) -> CloudAddress:
    """Start a cloud that is kept, with the CDK's own resources in it."""
    cloud = keep_running(engine)
    try:
        bootstrap([], cloud)
    except BaseException:
        take_down()
        raise
    return cloud


def take_down() -> bool:
    """End the kept cloud and remove everything of it; whether there was one.

    What runs is found by its command line, so that a file that is broken or missing mends.
    """
    try:
        state = _read()
        written = state is not None
    except _BrokenStateError:
        state, written = None, True
    running = list(_processes())
    for process in running:
        _end(process.number)
    left = {(process.engine, process.port) for process in running}
    if state is not None:
        left.add((state.engine, state.port))
    for engine, port in sorted(left):
        clean_up(engine, port)
    remove_folder(STATE)
    return written or bool(running)


def running_cloud(wanted: EngineName | None = None) -> CloudAddress | None:
    """The kept cloud, if there is one and it runs. Raises `LocalError` if it runs things by
    another engine than the one that is wanted, or is not written down as it should be."""
    state, running = _read(), [process.number for process in _processes()]
    if not running:
        return None
    if state is None or state.process not in running:
        raise LocalError(f"a local cloud is running, which is not written down in {_FILE}: {_DOWN}")
    if wanted not in (None, state.engine):
        text = f"a local cloud is running already, with engine {state.engine}: {_DOWN}"
        raise LocalError(text)
    credentials = Credentials(state.key_id, state.secret)
    return CloudAddress(state.port, state.engine, STATE, credentials)


def exports(cloud: CloudAddress) -> str:
    """Shell commands after which `npx cdk` and `aws` work on the cloud."""
    environment = cdk_environment(cloud)
    own = {name: environment[name] for name in cloud.environment()}
    if "CONTAINERS_CONF" in environment:
        own["CONTAINERS_CONF"] = environment["CONTAINERS_CONF"]
    return "\n".join(f"export {name}='{value}'" for name, value in own.items())


def _write(cloud: CloudAddress, process: int) -> None:
    """Write the file whole or not at all: a full disk leaves no half of it."""
    keys = cloud.credentials
    state = _State(process, cloud.port, cloud.engine, keys.key_id, keys.secret)
    unfinished = _FILE.with_suffix(".unfinished")
    try:
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
        ) as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(_FILE)
    except OSError as error:
        text = f"the local cloud cannot be written down in {STATE}: {error.strerror}"
        raise LocalError(text) from error


def _read() -> _State | None:
    """Raises `_BrokenStateError` where the file is something else than what `_write` leaves."""
    try:
        document = json.loads(_FILE.read_bytes())
        state = _State(**{**document, "engine": EngineName(document["engine"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        state = None
    numbers, texts = ("process", "port"), ("key_id", "secret")
    if (
        state is None
        or any(type(getattr(state, name)) is not int for name in numbers)
        or any(type(getattr(state, name)) is not str for name in texts)
    ):
        raise _BrokenStateError(f"{_FILE} does not tell of a local cloud as it should: {_DOWN}")
    return state


def _processes() -> Iterator[_Process]:
    """The clouds that are kept in `STATE`; more than one only if two commands began at once."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if "scar_constructs.emulator" not in words:
            continue
        given = dict(itertools.pairwise(words))
        if given.get("--folder") == str(STATE):
            yield _Process(int(folder.name), int(given["--port"]), EngineName(given["--engine"]))


def _end(process: int) -> None:
    """End a cloud, which ends what it started; by force when that takes too long."""
    deadline = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    while any(one.number == process for one in _processes()):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
        time.sleep(0.1)
