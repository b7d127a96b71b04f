"""A local cloud that is kept running between commands: where it is written down, up and down."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from local.cdk import bootstrap, cdk_environment
from local.engines import EngineName
from local.errors import LocalError
from local.server import (
    ROOT,
    CloudAddress,
    Credentials,
    await_answer,
    clean_up,
    end_process,
    free_port,
    remove_folder,
    start_process,
)

STATE = Path(os.environ.get("SCAR_LOCAL_FOLDER", ROOT / ".cache" / "local-cloud")).resolve()
"""The folder of the cloud that is kept: one per project, unless the variable names another."""
_FILE = STATE / "cloud.json"
_STOP_SECONDS = 45.0


@dataclass(frozen=True)
class _State:
    process: int
    port: int
    engine: EngineName
    key_id: str
    secret: str


def keep_running(engine: EngineName) -> CloudAddress:
    """Start a cloud that outlives this command. Raises `LocalError` if there is one already."""
    if (running := running_cloud()) is not None:
        raise LocalError(f"a local cloud is running already at {running.url}: end it with `down`")
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
    """End the kept cloud and remove everything of it; whether there was one."""
    state = _read()
    if state is None:
        return False
    process = state.process
    if _is_ours(process):
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_ours(process):
            if time.monotonic() > deadline:
                os.killpg(process, signal.SIGKILL)
            time.sleep(0.1)
    clean_up(state.engine, state.port)
    remove_folder(STATE)
    return True


def running_cloud(wanted: EngineName | None = None) -> CloudAddress | None:
    """The kept cloud, if there is one and it runs. Raises `LocalError` if it runs things by
    another engine than the one that is wanted."""
    state = _read()
    if state is None or not _is_ours(state.process):
        return None
    if wanted not in (None, state.engine):
        text = f"a local cloud is running already, with engine {state.engine}: end it with `down`"
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
    keys = cloud.credentials
    state = _State(process, cloud.port, cloud.engine, keys.key_id, keys.secret)
    _FILE.touch(mode=0o600)
    _FILE.write_text(json.dumps(asdict(state)))


def _read() -> _State | None:
    try:
        document = json.loads(_FILE.read_text())
    except FileNotFoundError:
        return None
    return _State(**{**document, "engine": EngineName(document["engine"])})


def _is_ours(process: int) -> bool:
    """Whether the process is there and is a local cloud: numbers are used again."""
    try:
        arguments = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return b"local.cloud" in arguments
