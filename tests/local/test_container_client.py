"""The stand-in for `docker` that the CDK CLI calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.emulator.engine import Program, StartError
from scar_constructs.emulator.host import HostEngine
from scar_constructs.local.container_client import client_command, keep_context, with_registry

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
LOCAL = "127.0.0.1:4566"


@pytest.mark.parametrize(
    ("engine", "arguments", "expected"),
    [
        ("podman", ["build", "--tag", "a", "."], ["podman", "build", "--tag", "a", "."]),
        ("podman", ["tag", "a", f"{HOST}/r:t"], ["podman", "tag", "a", f"{LOCAL}/r:t"]),
        (
            "podman",
            ["push", f"{HOST}/r:t"],
            [
                *("podman", "push", "--tls-verify=false", "--compression-format=zstd"),
                f"{LOCAL}/r:t",
            ],
        ),
        ("docker", ["push", f"{HOST}/r:t"], ["docker", "push", f"{LOCAL}/r:t"]),
    ],
    ids=["build", "tag", "podman push", "docker push"],
)
def test_names_of_the_registry_are_rewritten(
    engine: str, arguments: list[str], expected: list[str]
) -> None:
    assert client_command(engine, arguments, LOCAL) == expected


def test_without_an_engine_the_context_of_a_tag_is_kept_and_run(tmp_path: Path) -> None:
    context, images = tmp_path / "context", tmp_path / "images"
    context.mkdir()
    (context / "supervisor").write_text("import os; print(os.environ['SCAR_FUNCTION_CONFIG'])\n")

    def client(*arguments: str) -> int:
        return keep_context(arguments, images, context)

    assert client("inspect", "asset-1") == 1
    assert client("build", "--tag", "asset-1", "--platform", "linux/amd64", ".") == 0
    assert client("inspect", "asset-1") == 0
    assert client("tag", "asset-1", f"{HOST}/r:t") == 0
    assert client("push", f"{HOST}/r:t") == 0
    (context / "supervisor").unlink()

    engine = HostEngine(images)
    running = engine.start(Program("n", f"{HOST}/r:t", {}))
    (line,) = running.lines()
    assert running.wait() == 0
    assert line.endswith("/function/config.json")
    assert line.startswith(str(images))
    with pytest.raises(StartError, match="no build context is known"):
        engine.start(Program("n", f"{HOST}/r:other", {}))


def test_what_needs_an_engine_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep_context(["run", "x"], tmp_path, tmp_path) == 1
    assert "run is not possible without a container engine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("debian", "docker.io/library/debian"),
        ("debian:trixie@sha256:0", "docker.io/library/debian:trixie@sha256:0"),
        ("grycap/mrbayes", "docker.io/grycap/mrbayes"),
        ("mine/here", "mine/here"),
        ("localhost/mine", "localhost/mine"),
        ("127.0.0.1:5000/mine", "127.0.0.1:5000/mine"),
        ("registry:5000/mine", "registry:5000/mine"),
        ("public.ecr.aws/a/b", "public.ecr.aws/a/b"),
    ],
)
def test_images_without_a_registry_are_docker_hub_s_unless_they_are_there(
    image: str, expected: str
) -> None:
    found = with_registry(f"BASE_IMAGE={image}", lambda name: name == "mine/here")
    assert found == f"BASE_IMAGE={expected}"


@pytest.mark.parametrize("argument", ["--tag", "RUNTIME_IMAGE=debian", "BASE_IMAGE=", "debian"])
def test_other_arguments_of_a_build_stay(argument: str) -> None:
    assert with_registry(argument, lambda _: False) == argument
