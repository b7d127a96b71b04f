"""What a program finds in a real container: the conditions of Lambda, and those of a job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scar_constructs.emulator.containers import ContainerEngine
from scar_constructs.emulator.engine import Program
from scar_constructs.local.engines import EngineName, engine_environment
from scar_constructs.local.images import HELPER_IMAGE
from scar_constructs.local.run import ensure_helpers
from tests.local.workflows import quiet

PROBE = """
import json, multiprocessing, os, pathlib
def writable(folder):
    try:
        pathlib.Path(folder, "probe").write_text("x")
    except OSError as error:
        return type(error).__name__
    return True
def lock():
    try:
        multiprocessing.Lock()
    except OSError as error:
        return type(error).__name__
    return True
folders = ["/tmp", "/var/tmp", "/run", "/dev/shm", "/dev", "/", "/etc", "/root", "/opt"]
found = {folder: writable(folder) for folder in folders}
print(json.dumps({"lock": lock(), "user": os.getuid(), **found}))
"""


@pytest.fixture(scope="module")
def engine(containers: EngineName) -> Iterator[ContainerEngine]:
    ensure_helpers(containers, quiet)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine_environment(containers).items():
            patch.setenv(name, value)
        made = ContainerEngine(containers.value, "conditions", "nowhere", limits_memory=False)
        yield made
        made.close()


def probed(engine: ContainerEngine, **conditions: Any) -> dict[str, Any]:
    program = Program(
        name=f"probe-{len(conditions)}",
        image=HELPER_IMAGE,
        environment={},
        entrypoint=("python3",),
        command=("-c", PROBE),
        **conditions,
    )
    running = engine.start(program)
    lines = list(running.lines())
    assert running.wait() == 0, lines
    return dict(json.loads(lines[-1]))


def test_a_function_may_write_to_tmp_alone_and_has_no_shared_memory(
    engine: ContainerEngine,
) -> None:
    found = probed(engine, locked_down=True, tmp_mib=16)
    assert (found.pop("user"), found.pop("/tmp")) == (993, True)
    # As on Lambda: https://docs.python.org/3/library/multiprocessing.html has no locks there.
    assert (found.pop("lock"), found.pop("/dev/shm")) == ("FileNotFoundError", "FileNotFoundError")
    assert True not in found.values(), found


def test_a_job_has_shared_memory_and_writes_where_its_user_may(engine: ContainerEngine) -> None:
    found = probed(engine)
    assert (found["lock"], found["/dev/shm"], found["/var/tmp"]) == (True, True, True)


def test_a_job_with_a_read_only_root_has_shared_memory_and_nothing_else(
    engine: ContainerEngine,
) -> None:
    found = probed(engine, read_only=True, user="1000:1000")
    assert (found["lock"], found["/dev/shm"]) == (True, True)
    assert [name for name in ("/tmp", "/var/tmp", "/run", "/etc") if found[name] is True] == []
