"""One local cloud with containers for the whole session, and one without for AWS's own rules."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName, choose
from scar_constructs.local.run import cloud_in_folder
from scar_constructs.local.server import CloudAddress, LocalCloud
from tests.local.living import LIVING, MENDED, Person, as_role
from tests.local.workflows import Workflow, build_entrypoint_image, quiet

ROOT = Path(__file__).parent.parent.parent
DATA = Path(__file__).parent / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses the cloud with containers needs an engine."""
    for item in items:
        if "containers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.container)


@pytest.fixture(scope="session")
def containers() -> EngineName:
    """The engine of this machine."""
    engine = choose(None)
    if engine is EngineName.PROCESS:
        pytest.skip("no container engine answers (podman or docker)")
    return engine


@pytest.fixture(scope="session")
def cloud(containers: EngineName) -> Iterator[CloudAddress]:
    """A bootstrapped cloud that runs containers; every test has functions of its own in it."""
    with cloud_in_folder(containers, quiet) as running:
        bootstrap([], running)
        yield running


@pytest.fixture(scope="session")
def bare_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudAddress]:
    """A cloud without the CDK's resources and without containers."""
    folder = tmp_path_factory.mktemp("bare-cloud")
    with LocalCloud(EngineName.PROCESS, folder) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(cloud: CloudAddress, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The functions of data/zoo and data/flows, a stack each, deployed by the CDK CLI at once."""
    build_entrypoint_image(cloud, tmp_path_factory.mktemp("entrypoint"))
    paths = [DATA / "zoo" / "zoo.yaml", DATA / "flows" / "flows.yaml"]
    return Workflow(cloud, paths, tmp_path_factory.mktemp("deployed-assembly"))


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    """The functions of data/host in a cloud without containers: scripts see this machine's files.

    The script of some has several MB, more than anybody wants to keep in a repository.
    """
    files = tmp_path_factory.mktemp("host-files") / "host"
    shutil.copytree(DATA / "host", files)
    filler = f"# {'x' * 97}\n" * 40_000
    (files / "large.sh").write_text("#!/bin/sh\n" + filler + (files / "payload.sh").read_text())
    with LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("host-cloud")) as running:
        bootstrap([], running)
        yield Workflow(running, [files / "host.yaml"], tmp_path_factory.mktemp("host-assembly"))


@pytest.fixture(scope="session")
def zoo(deployed: Workflow) -> Workflow:
    """The functions of data/zoo."""
    return deployed


@pytest.fixture(scope="session")
def flows(deployed: Workflow) -> Workflow:
    """The functions of data/flows."""
    return deployed


@pytest.fixture(scope="session")
def person(host: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Who has deployed data/living with SCAR's own command."""
    MENDED.unlink(missing_ok=True)  # of a run that was ended
    someone = Person(host.cloud, tmp_path_factory.mktemp("living"))
    someone.must("init", "-f", LIVING)
    yield someone
    MENDED.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def operator(person: Person, host: Workflow) -> Person:
    return as_role(person, host, "operate")


@pytest.fixture(scope="session")
def reader(person: Person, host: Workflow) -> Person:
    return as_role(person, host, "read")


@pytest.fixture(scope="session")
def file(operator: Person, host: Workflow) -> str:
    """A file of three lines that has gone through the workflow; the second line is bad."""
    (operator.folder / "words").write_text("one two\nthis is bad\nfour five six\n")
    operator.must("put", "-b", "living/in", "-p", "words")
    host.finish()
    return "living/in/words"
