"""A disk that takes nothing more, at every place where something is written for a script."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.errors import DiskFullError, ScriptError
from scar_runtime.handler import Invocation
from scar_runtime.runtime import Runtime

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored
from tests.runtime.test_stages import Staged, staged

__all__ = ["staged"]  # a fixture

Make = Callable[..., Function]
Small = Callable[..., Path]
LARGE = "x" * 300_000
SCRIPT = base64.b64encode(f"# {LARGE}".encode()).decode()


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system in memory."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", "size=128k,nr_inodes=64") as folder:
        yield folder


def on(runtime: Runtime, folder: Path) -> Runtime:
    """The same, with its work folders elsewhere."""
    runtime.executor._root = folder
    return runtime


FULL: dict[str, tuple[str, Any]] = {
    "an input": ("true", LARGE.encode()),
    "a payload": ("true", {"data": LARGE}),
    "a script of the event": ("true", {"script": SCRIPT}),
    "a script of the function": (f"# {LARGE}", {"data": "small"}),
}


@pytest.mark.parametrize(("script", "given"), FULL.values(), ids=FULL)
def test_what_has_no_room_is_a_failure_that_says_so(
    function: Make,
    bucket: Bucket,
    small: Path,
    capfd: pytest.CaptureFixture[str],
    script: str,
    given: Any,
) -> None:
    made = function(script)
    event = stored(bucket, "in/a", given) if isinstance(given, bytes) else given
    invocation = Invocation(on(made.runtime(), small), Invoked())
    with pytest.raises(DiskFullError, match=r"no room for .* raise lambda\.ephemeral_storage"):
        invocation.handle(event)
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["exit_code"]) == ("failed", 1)
    assert [claim["state"] for claim in made.claims()] == ["failed"]
    assert list(small.iterdir()) == []


def test_a_disk_without_room_for_a_folder_is_a_failure(
    function: Make, bucket: Bucket, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY)
    event = stored(bucket, "in/a")
    with mounted(tmp_path / "small", "nr_inodes=3") as folder:
        invocation = Invocation(on(made.runtime(), folder), Invoked())
        with pytest.raises(DiskFullError, match="no room for the work folder"):
            invocation.handle(event)
        assert list(folder.iterdir()) == []
    assert [line["status"] for line in executions(capfd.readouterr().out)] == ["failed"]
    assert [claim["state"] for claim in made.claims()] == ["failed"]


def test_a_script_that_fills_the_disk_leaves_room_for_the_next(
    function: Make, bucket: Bucket, small: Path
) -> None:
    fill = 'case $SCAR_INPUT_FILE in *full) cat /dev/zero >f;; esac; echo x >output/"$REQUEST_ID"'
    runtime = on(function(f"set -e; {fill}").runtime(), small)
    full, event = stored(bucket, "in/full"), stored(bucket, "in/a")
    invocation = Invocation(runtime, Invoked())
    with pytest.raises(ScriptError, match="No space left on device"):
        invocation.handle(full)
    Invocation(runtime, Invoked("next")).handle(event)
    assert bucket.keys("out/") == ["out/next"]


@pytest.mark.parametrize("size", [8, 200_000], ids=["small", "large"])
def test_a_full_volume_is_told_by_the_last_container(
    staged: Staged,
    bucket: Bucket,
    capfd: pytest.CaptureFixture[str],
    size: int,
) -> None:
    job = staged(COPY, stored(bucket, "in/a", b"x" * size))
    with mounted(job.volume.root, "size=64k"):
        assert job.run() == (0 if size == 8 else 1)
    output = capfd.readouterr().out
    assert [line["status"] for line in executions(output)][1:] == [
        "succeeded" if size == 8 else "failed"
    ]
    assert ("no room for" in output) is (size != 8)


def test_a_volume_that_takes_nothing_at_all_is_told_by_the_first(
    staged: Staged, capfd: pytest.CaptureFixture[str]
) -> None:
    """No other container runs after one that failed."""
    job = staged(COPY)
    capfd.readouterr()
    with mounted(job.volume.root, "nr_inodes=1"):
        assert job.stage_in() == 1
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["exit_code"]) == ("failed", 1)
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]
