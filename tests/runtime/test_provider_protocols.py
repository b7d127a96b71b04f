"""What the stores of WebDAV and Onedata ask of their servers, and what they make of the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.aws.connections import Connections
from scar_runtime.aws.errors import AwsError
from scar_runtime.errors import AbsentError, ConfigError, DiskFullError, StorageError
from scar_runtime.events import StoredObject
from scar_runtime.providers import onedata, webdav
from scar_runtime.providers.secret import ProviderSecret
from scar_runtime.providers.web import FolderStore, Web

from tests.runtime.cdmi import SPACE, TOKEN, CdmiServer
from tests.runtime.cloud import free_port, opened
from tests.runtime.functions import document
from tests.runtime.scripted import Said, scripted
from tests.runtime.webdav import LOGIN, PASSWORD, WebDavServer, running_webdav

MIB = 1024 * 1024
ROOT = Path(__file__).parents[2]
NO_METADATA: dict[str, str] = {}


class Kept:
    """Secrets that stand still, or change as a test says; counts how often they are read."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.count = 0

    def read(self, arn: str) -> str:  # noqa: ARG002  (the protocol's)
        self.count += 1
        return json.dumps(self.value)


def dav(url: str, secret: Any = None, connections: Connections | None = None) -> webdav.WebDav:
    values = Kept(secret or {"login": LOGIN, "password": PASSWORD})
    known = ProviderSecret("webdav.lab", "arn", webdav.PARTS, values)
    made = connections or opened({})
    return webdav.WebDav(Web("webdav.lab", url, known, webdav.authorize, made, lambda _: None))


def cdmi(server: CdmiServer, values: Kept | None = None) -> onedata.Onedata:
    secret = ProviderSecret("onedata.egi", "arn", onedata.PARTS, values or Kept({"token": TOKEN}))
    url = onedata.space_url(server.url, SPACE)
    web = Web("onedata.egi", url, secret, onedata.authorize, opened({}), lambda _: None)
    return onedata.Onedata(web)


@pytest.fixture(params=["webdav", "onedata"])
def place(
    request: pytest.FixtureRequest, webdav: WebDavServer, onedata: CdmiServer, tmp_path: Path
) -> Iterator[tuple[FolderStore, Path, str]]:
    """A store, the folder of its server's files, and the name of a folder of the test's own."""
    own = f"own {tmp_path.name}"
    if request.param == "webdav":
        yield dav(webdav.url), webdav.folder, own
    else:
        yield cdmi(onedata), onedata.folder / SPACE, own


Place = tuple[FolderStore, Path, str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


def test_folders_are_made_once_and_again_when_somebody_removed_them(
    place: Place, file: Path
) -> None:
    store, served, own = place
    store.upload(file, own, "a/b/one", NO_METADATA)
    store.upload(file, own, "a/b/two", NO_METADATA)
    subprocess.run(["rm", "-r", str(served / own)], check=True)
    store.upload(file, own, "a/b/three", NO_METADATA)
    assert [path.name for path in (served / own).rglob("*") if path.is_file()] == ["three"]


def test_a_file_is_replaced_whole(place: Place, file: Path) -> None:
    store, served, own = place
    store.upload(file, own, "x", NO_METADATA)
    file.write_bytes(b"new")
    store.upload(file, own, "x", NO_METADATA)
    assert [(one.name, one.read_bytes()) for one in (served / own).iterdir()] == [("x", b"new")]


def test_a_folder_is_never_replaced_by_a_file(webdav: WebDavServer, file: Path) -> None:
    store = dav(webdav.url)
    store.upload(file, "kept", "x/precious", NO_METADATA)
    with pytest.raises(StorageError, match=r"webdav.lab:kept/x: .*a folder has this name"):
        store.upload(file, "kept", "x", NO_METADATA)
    found = sorted(str(path.relative_to(webdav.folder)) for path in webdav.folder.glob("kept/**/*"))
    assert found == ["kept/x", "kept/x/precious"]


def test_a_file_at_webdav_has_its_name_only_when_it_is_whole(
    webdav: WebDavServer, file: Path
) -> None:
    begin = len(webdav.asked)
    dav(webdav.url).upload(file, "whole", "x", NO_METADATA)
    folder, put, move = webdav.asked[begin:]
    assert folder == "MKCOL /remote.php/whole/"
    assert put.startswith("PUT /remote.php/whole/.scar-")
    assert move == put.replace("PUT", "MOVE")


def test_a_move_whose_answer_was_lost_is_made_up_for(file: Path) -> None:
    fine, lost = Said(201), Said(404)
    with scripted(fine, fine, lost, Said(404), fine, Said(201)) as server:
        dav(server.url).upload(file, "b", "x", NO_METADATA)
        assert [asked.method for asked in server.asked] == [
            *("MKCOL", "PUT", "MOVE", "DELETE", "PUT", "MOVE")
        ]


def test_many_files_go_at_once(place: Place, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store, served, own = place

    def one(number: int) -> None:
        path = tmp_path / f"n{number}"
        path.write_text(str(number))
        store.upload(path, own, f"{number % 3}/{number}", NO_METADATA)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(30)))
    found = {path.name: path.read_text() for path in (served / own).rglob("*") if path.is_file()}
    assert found == {str(number): str(number) for number in range(30)}


def test_a_file_that_is_not_there_is_told(place: Place, tmp_path: Path) -> None:
    store, _, own = place
    with pytest.raises(AbsentError, match=rf"cannot read \w+\.\w+:{own}/x: 404 Not Found$"):
        store.download(StoredObject(own, "x"), tmp_path / "x")


@pytest.mark.parametrize("key", ["../x", "a//b", "a/./b", "a/.."])
def test_no_event_leads_out_of_the_folder(webdav: WebDavServer, tmp_path: Path, key: str) -> None:
    begin = len(webdav.asked)
    with pytest.raises(StorageError, match="must have no empty part"):
        dav(webdav.url).download(StoredObject("b", key), tmp_path / "x")
    assert len(webdav.asked) == begin


def test_a_broken_transfer_begins_anew(tmp_path: Path) -> None:
    with scripted(Said(200, b"longer than the rest", cut=9), Said(200, b"content")) as server:
        dav(server.url).download(StoredObject("b", "x"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"content"


def test_an_end_asked_for_amid_a_transfer_is_heeded(webdav: WebDavServer, tmp_path: Path) -> None:
    (webdav.folder / "ending").mkdir()
    (webdav.folder / "ending" / "x").write_bytes(b"content")

    def end() -> None:
        raise ConfigError("the end")

    with pytest.raises(ConfigError, match="the end"):
        dav(webdav.url).download(StoredObject("ending", "x"), tmp_path / "x", end)


def test_a_file_too_large_for_the_disk_is_told_before_it_comes(tmp_path: Path) -> None:
    with scripted(Said(200, b"", {"Content-Length": str(2**60)})) as server:
        with pytest.raises(DiskFullError, match=r"1152921504606846976 bytes .*ephemeral_storage"):
            dav(server.url).download(StoredObject("b", "x"), tmp_path / "x")
        assert len(server.asked) == 1


def test_a_server_that_does_not_answer_is_named(file: Path) -> None:
    port = free_port()
    with pytest.raises(StorageError, match=rf"webdav.lab:b/x: .*127\.0\.0\.1:{port}: .*refused"):
        dav(f"http://127.0.0.1:{port}").upload(file, "b", "x", NO_METADATA)


def test_a_refusal_amid_the_content_is_heard_and_new_credentials_are_read(
    onedata: CdmiServer, tmp_path: Path
) -> None:
    values = Kept({"token": TOKEN})
    store = cdmi(onedata, values)
    large = tmp_path / "large"
    with large.open("wb") as sparse:
        sparse.truncate(16 * MIB)
    store.upload(large, "b", "one", NO_METADATA)
    onedata.token = "new"
    values.value = {"token": "new"}
    store.upload(large, "b", "two", NO_METADATA)
    assert (onedata.folder / SPACE / "b" / "two").stat().st_size == 16 * MIB
    assert values.count == 2


def test_what_is_refused_for_good_is_doubted_once(onedata: CdmiServer, file: Path) -> None:
    values = Kept({"token": "wrong"})
    store = cdmi(onedata, values)
    for _ in range(3):
        with pytest.raises(StorageError, match="401 Unauthorized"):
            store.upload(file, "b", "x", NO_METADATA)
    assert values.count == 2


def test_credentials_are_kept_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    values = Kept({"token": "a", "other": "b"})
    secret = ProviderSecret("onedata.egi", "arn", ("token",), values)
    assert secret.get() == {"token": "a"}
    now += 299
    secret.get()
    assert values.count == 1
    now += 1
    values.value = {"token": "c"}
    assert secret.get() == {"token": "c"}


def test_line_ends_around_a_token_are_nobodys_wish() -> None:
    secret = ProviderSecret("onedata.egi", "arn", ("token",), Kept({"token": "hunter-2\n"}))
    assert secret.get() == {"token": "hunter-2"}


@pytest.mark.parametrize("token", ["hunter-2\nX-Evil: 1", "hunter-2 \u20ac"])
def test_a_token_that_no_header_can_hold_is_told_and_not_shown(token: str) -> None:
    secret = ProviderSecret("onedata.egi", "arn", ("token",), Kept({"token": token}))
    with pytest.raises(ConfigError, match=r'onedata.egi .arn.: "token" holds') as raised:
        secret.get()
    assert "hunter-2" not in "".join(traceback.format_exception(raised.value))


def test_a_fault_of_another_kind_does_not_touch_the_secret() -> None:
    values = Kept({"token": "a"})
    secret = ProviderSecret("onedata.egi", "arn", ("token",), values)

    def fail() -> None:
        raise AwsError("404", "", 404)

    with pytest.raises(AwsError, match="404"):
        secret.accepted(fail)
    assert values.count == 1


@pytest.fixture
def secure(authority: Path, tmp_path: Path) -> Iterator[WebDavServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with running_webdav(folder, authority) as server:
        yield server


def document_of(folder: Path, server: WebDavServer, verify: bool) -> Path:
    """The configuration of a function that copies a file within a WebDAV server."""
    place = {"bucket": "b", "storage_provider": "webdav.lab"}
    config = document(
        'cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/copy"',
        inputs=[{**place, "folder": "in"}],
        outputs=[{**place, "folder": "out"}],
        storage_providers={
            "webdav.lab": {
                "kind": "webdav",
                "endpoint": server.url,
                "verify": verify,
                "secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:dav-AbCdEf",
            }
        },
    )
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


MEASURED = """
import atexit, re, runpy, sys
from pathlib import Path

def tell():
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    sys.stderr.write(peak[1])

atexit.register(tell)
runpy.run_module("scar_runtime", run_name="__main__")
"""
"""The runtime, which says at its end how much memory it had at most. What the system counts of a
child (ru_maxrss) begins with what its parent had."""


def by_hand(config: Path, secrets: str, **variables: str) -> tuple[int, str, int]:
    """Run the runtime on a file at the WebDAV server in a process of its own; gives its exit code,
    what it said, and the most memory that it had, in bytes."""
    record = {
        "eventSource": "minio:s3",
        "eventName": "s3:ObjectCreated:Put",
        "s3": {"bucket": {"name": "b"}, "object": {"key": "in/x"}},
    }
    event = {"storage_provider": "webdav.lab", "event": {"Records": [record]}}
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "runtime"),
        "SCAR_FUNCTION_CONFIG": str(config),
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": secrets,
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", MEASURED],
        env=environ,
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    said, _, peak = done.stderr.rpartition("\n")
    return done.returncode, said, int(peak) * 1024


@pytest.fixture
def secrets() -> Iterator[str]:
    """The URL of a Secrets Manager that gives the WebDAV server's credentials."""
    value = json.dumps({"login": LOGIN, "password": PASSWORD})
    answer = Said(200, json.dumps({"SecretString": value}).encode())
    with scripted(answer) as server:
        yield server.url


def test_a_large_file_takes_little_memory_both_ways(
    webdav: WebDavServer, secrets: str, tmp_path: Path
) -> None:
    size = 96 * MIB
    (webdav.folder / "b" / "in").mkdir(parents=True, exist_ok=True)
    with (webdav.folder / "b" / "in" / "x").open("wb") as sparse:
        sparse.truncate(size)
    code, said, memory = by_hand(document_of(tmp_path, webdav, True), secrets)
    assert code == 0, said
    assert (webdav.folder / "b" / "out" / "copy").stat().st_size == size
    assert memory < size


@pytest.mark.parametrize("how", ["unknown", "unchecked", "trusted"])
def test_a_certificate_is_checked_unless_the_user_says_otherwise(
    secure: WebDavServer, secrets: str, tmp_path: Path, authority: Path, how: str
) -> None:
    (secure.folder / "b" / "in").mkdir(parents=True)
    (secure.folder / "b" / "in" / "x").write_bytes(b"content")
    config = document_of(tmp_path, secure, verify=how != "unchecked")
    certificate = str(authority.with_name("certificate.pem"))
    trusted = {"AWS_CA_BUNDLE": certificate} if how == "trusted" else {}
    code, said, _ = by_hand(config, secrets, **trusted)
    if how == "unknown":
        assert code == 1
        assert "cannot read webdav.lab:b/in/x: SSLCertVerificationError: 127.0.0.1" in said
        assert not secure.asked
    else:
        assert code == 0, said
        assert (secure.folder / "b" / "out" / "copy").read_bytes() == b"content"
    assert PASSWORD not in said
