"""The cloud that stays, where what is written down of it is broken or missing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local import persistent
from scar_constructs.local.engines import EngineName
from scar_constructs.local.errors import LocalError
from scar_constructs.local.server import CloudAddress, Credentials

ROOT = Path(__file__).parent.parent.parent
STATE: dict[str, Any] = {
    "process": 2**22 + 1,
    "port": 1,
    "engine": "process",
    "key_id": "k",
    "secret": "s",
}
WHOLE = json.dumps(STATE).encode()
START = "from scar_constructs.local.persistent import *; keep_running(EngineName.PROCESS)"
BROKEN = {
    "empty": b"",
    "cut": WHOLE[:-9],
    "of zeros": bytes(len(WHOLE)),
    "no text": b"\xff\xfe",
    "a list": b"[]",
    "without a port": json.dumps({**STATE, "port": None}).encode(),
    "of another engine": json.dumps({**STATE, "engine": "x"}).encode(),
    "with a number too many": json.dumps({**STATE, "more": 1}).encode(),
    "with a truth for a number": json.dumps({**STATE, "process": True}).encode(),
    "deep": b"[" * 100_000,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's cloud, for this process and for commands."""
    state = tmp_path / "kept"
    state.mkdir()
    monkeypatch.setattr(persistent, "STATE", state)
    monkeypatch.setattr(persistent, "_FILE", state / "cloud.json")
    monkeypatch.setenv("SCAR_LOCAL_FOLDER", str(state))
    return state


@pytest.fixture
def running(folder: Path) -> Iterator[Path]:
    """The folder of a cloud that runs."""
    subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True)
    yield folder
    persistent.take_down()


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scar_constructs", "local", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_the_way_out_and_mended(folder: Path, content: bytes) -> None:
    (folder / "cloud.json").write_bytes(content)
    with pytest.raises(LocalError, match=r"cloud\.json does not tell .* `scar local down`"):
        persistent.running_cloud()
    assert persistent.take_down()
    assert not folder.exists()
    assert persistent.running_cloud() is None


def test_a_cloud_whose_file_is_broken_is_refused_without_a_trace_and_ended_by_down(
    running: Path,
) -> None:
    file = running / "cloud.json"
    file.write_bytes(file.read_bytes()[:20])
    up = local("up", "--engine", "process")
    assert (up.returncode, up.stdout) == (1, "")
    (said,) = up.stderr.splitlines()[-1:]
    assert said == f"{file} does not tell of a local cloud as it should: {persistent._DOWN}"
    down = local("down")
    assert (down.returncode, down.stderr.splitlines()[-1]) == (0, "the local cloud is gone")
    assert list(persistent._processes()) == []
    assert not running.exists()


def test_a_cloud_whose_file_is_gone_is_found_and_ended(running: Path) -> None:
    (running / "cloud.json").unlink()
    with pytest.raises(LocalError, match="which is not written down"):
        persistent.running_cloud()
    assert persistent.take_down()
    assert list(persistent._processes()) == []


def test_a_full_disk_leaves_no_half_of_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cloud.json").write_bytes(WHOLE)

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    cloud = CloudAddress(2, EngineName.PROCESS, folder, Credentials("other", "s"))
    with pytest.raises(LocalError, match=r"cannot be written down in .*: No space left on device"):
        persistent._write(cloud, 1)
    assert (folder / "cloud.json").read_bytes() == WHOLE


def test_what_is_written_down_is_for_its_user_alone(folder: Path) -> None:
    cloud = CloudAddress(2, EngineName.PROCESS, folder, Credentials("k", "s"))
    persistent._write(cloud, 1)
    assert (folder / "cloud.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["cloud.json"]
