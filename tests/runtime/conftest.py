"""One emulator for all tests of this folder; a bucket and a function for each."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.cdmi import CdmiServer, running_cdmi
from tests.runtime.cloud import OPENED, Bucket, Cloud, running_cloud
from tests.runtime.functions import Clock, FakeBatch, Function, document
from tests.runtime.partner import Partner, running_partner
from tests.runtime.webdav import WebDavServer, running_webdav


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the runtime, in place of the real one."""
    made = Clock(tmp_path / "ready")
    monkeypatch.setattr("time.monotonic", made)
    return made


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    with running_partner(tmp_path_factory.mktemp("partner")) as running:
        yield running


@pytest.fixture(scope="session")
def webdav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDavServer]:
    with running_webdav(tmp_path_factory.mktemp("webdav")) as running:
        yield running


@pytest.fixture
def onedata(tmp_path: Path) -> Iterator[CdmiServer]:
    folder = tmp_path / "onedata"
    folder.mkdir()
    with running_cdmi(folder) as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key in the same file."""
    file = tmp_path / "pair.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-subj", "/CN=test"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command, *names, "-keyout", str(file), "-out", str(tmp_path / "certificate.pem")],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + (tmp_path / "certificate.pem").read_text())
    return file


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    """Jobs take SIGTERM over; afterwards it is the test process's again."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def bucket(cloud: Cloud) -> Bucket:
    return cloud.bucket()


@pytest.fixture
def function(cloud: Cloud, bucket: Bucket, tmp_path: Path) -> Iterator[Callable[..., Function]]:
    """Makes a function from a script; its outputs go to folder `out` of `bucket` by default."""

    def make(script: str | None, **changes: Any) -> Function:
        changes.setdefault("outputs", [{"bucket": bucket.name, "folder": "out"}])
        config = tmp_path / "config.json"
        config.write_text(json.dumps(document(script, **changes)))
        made.append(Function(cloud, cloud.bucket("spool"), config, FakeBatch()))
        return made[-1]

    made: list[Function] = []
    yield make
    for one in made:
        one.close()
