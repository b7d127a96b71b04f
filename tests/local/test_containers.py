"""How the engine's client is called; it is a script here that writes down what it got."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.emulator.containers import ContainerEngine
from scar_constructs.emulator.engine import Program, StartError

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
CLIENT = """#!/bin/sh
printf '%s\\n' "$*" >>"{folder}/calls"
case "$1 $2" in
"image inspect") exit {inspect} ;;
"pull --quiet") echo "no such image" >&2; exit 125 ;;
run*) echo "to standard output"; echo "secret is $AWS_SECRET_ACCESS_KEY" >&2; exit 7 ;;
esac
"""


def engine_in(
    folder: Path, name: str = "docker", *, inspect: int = 0, limits_memory: bool = True
) -> ContainerEngine:
    client = folder / name
    client.write_text(CLIENT.format(folder=folder, inspect=inspect))
    client.chmod(0o755)
    return ContainerEngine(str(client), "4566", "127.0.0.1:4566", limits_memory=limits_memory)


def program(**changes: Any) -> Program:
    environment = {"AWS_SECRET_ACCESS_KEY": "hush", "SCAR_X": "a b", "PATH": "/image/bin"}
    values: dict[str, Any] = {
        "name": "batch-1",
        "image": f"{ECR}/r:t",
        "environment": environment,
        **changes,
    }
    return Program(**values)


def run_to_end(engine: ContainerEngine, started: Program, folder: Path) -> str:
    """Run the program; the client's last call."""
    running = engine.start(started)
    list(running.lines())
    running.wait()
    return calls(folder)[-1]


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def test_output_and_exit_code(tmp_path: Path) -> None:
    running = engine_in(tmp_path).start(program())
    assert sorted(running.lines()) == ["secret is hush", "to standard output"]
    assert running.wait() == 7


def test_values_of_variables_stay_off_the_command_line(tmp_path: Path) -> None:
    call = run_to_end(engine_in(tmp_path), program(), tmp_path)
    assert "--env AWS_SECRET_ACCESS_KEY --env SCAR_X --env PATH=/image/bin" in call
    assert "hush" not in json.dumps(calls(tmp_path))


def test_the_image_comes_from_the_local_registry_and_only_what_is_missing_is_pulled(
    tmp_path: Path,
) -> None:
    engine = engine_in(tmp_path)
    for _ in range(2):
        run_to_end(engine, program(), tmp_path)
    assert [call for call in calls(tmp_path) if not call.startswith("run")] == [
        "image inspect 127.0.0.1:4566/r:t"
    ]
    assert calls(tmp_path)[-1].endswith(" 127.0.0.1:4566/r:t")


def test_an_image_that_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="CannotPullContainerError: no such image"):
        engine_in(tmp_path, inspect=1).start(program())


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_conditions_of_lambda(tmp_path: Path, name: str) -> None:
    locked_down = program(locked_down=True, tmp_mib=1024, memory_mib=256)
    call = run_to_end(engine_in(tmp_path, name), locked_down, tmp_path)
    for option in (
        "--read-only ",
        "--ipc none",
        "--cap-drop all",
        "--user 993:990",
        "mode=1777,size=1024m",
        "--memory 256m",
    ):
        assert option in call
    for option in ("--read-only-tmpfs=false", "--image-volume=ignore"):
        assert (option in call) is (name == "podman")


def test_a_job_with_a_read_only_root_has_no_folders_that_podman_makes(tmp_path: Path) -> None:
    call = run_to_end(engine_in(tmp_path, "podman"), program(read_only=True), tmp_path)
    assert "--read-only --read-only-tmpfs=false" in call
    assert "--ipc" not in call


def test_a_job_has_the_shared_memory_and_the_limits_of_its_definition(tmp_path: Path) -> None:
    limited = program(shared_memory_mib=2048, ulimits=("nofile=65536:65536", "memlock=-1:-1"))
    call = run_to_end(engine_in(tmp_path), limited, tmp_path)
    assert "--shm-size 2048m --ulimit nofile=65536:65536 --ulimit memlock=-1:-1" in call
    plain = run_to_end(engine_in(tmp_path), program(), tmp_path)
    assert "--shm-size" not in plain
    assert "--ulimit" not in plain


def test_podman_keeps_the_limits_of_its_configuration_beside_those_of_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself it forgets them all as soon as a container asks for one."""
    settings = tmp_path / "containers.conf"
    settings.write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n')
    monkeypatch.setenv("CONTAINERS_CONF", str(settings))
    limited = program(ulimits=("nofile=512:512",))
    call = run_to_end(engine_in(tmp_path, "podman"), limited, tmp_path)
    assert "--ulimit nofile=512:512 --ulimit nproc=4096:4096" in call
    assert "nofile=1024" not in call
    assert "--ulimit" not in run_to_end(engine_in(tmp_path, "podman"), program(), tmp_path)


def test_entrypoint_command_and_what_a_job_may_set(tmp_path: Path) -> None:
    call = run_to_end(
        engine_in(tmp_path, limits_memory=False),
        program(
            entrypoint=("/a", "b"),
            command=("c", "d"),
            user="1000",
            privileged=True,
            read_only=True,
            working_directory="/w",
            volumes=("/x:/y:ro",),
            memory_mib=256,
        ),
        tmp_path,
    )
    assert call.startswith("run --entrypoint /a --rm --name scar-4566-batch-1 ")
    assert call.endswith("127.0.0.1:4566/r:t b c d")
    for option in (
        "--user 1000",
        "--privileged",
        "--read-only",
        "--workdir /w",
        "--volume /x:/y:ro",
    ):
        assert option in call
    assert "--memory" not in call
