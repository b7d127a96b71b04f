"""Folders whose rights a script takes away, as a user to whom that makes a difference."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scar_runtime.workspace import WORK_ROOT

from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, stored
from tests.runtime.unprivileged import IS_ROOT, unprivileged

Make = Callable[..., Function]

NESTED = "mkdir -p output/a/b; echo x >output/a/b/f; "
LOCKED = {
    "folder": NESTED + "chmod 000 output/a",
    "folder in a folder": NESTED + "chmod 000 output/a/b; chmod 000 output/a",
    "folder that can be listed only": NESTED + "chmod 400 output/a/b",
    "folder that can be entered only": NESTED + "chmod 100 output/a/b",
    "folder that cannot be written": NESTED + "chmod 500 output/a/b output/a output",
    "file": NESTED + "chmod 000 output/a/b/f",
    "output folder": NESTED + "chmod 000 output",
    "work folder": NESTED + "chmod 000 .",
    "all of them": NESTED + "chmod 000 output/a/b/f output/a/b output/a output .",
    "others": NESTED + "mkdir -p other/x/y; touch other/x/y/f; chmod 000 other/x/y other/x other",
}


@pytest.mark.parametrize("script", LOCKED.values(), ids=LOCKED)
def test_a_locked_output_is_published_and_the_next_event_runs(
    function: Make, bucket: Bucket, script: str
) -> None:
    made = function(script)
    with unprivileged(made) as environment:
        for name in ("one", "two"):
            assert "answer" in environment.invoke(stored(bucket, f"in/{name}"))
            assert bucket.get("out/a/b/f") == b"x\n"
            bucket.client.delete_object(Bucket=bucket.name, Key="out/a/b/f")
            assert not (WORK_ROOT / environment.asked[-1]).exists()
        assert [line["status"] for line in environment.executions()] == ["succeeded"] * 2
    assert [claim["state"] for claim in made.claims()] == ["done"] * 2


def test_a_locked_folder_that_a_killed_process_left_is_removed(
    function: Make, bucket: Bucket
) -> None:
    """Lambda keeps the disk when it ends the process."""
    made = function(NESTED + '[ -z "$DIE" ] || { chmod 000 output/a output .; kill -9 "$PPID"; }')
    with unprivileged(made, DIE="yes") as environment:
        with pytest.raises(ValueError, match="Expecting value"):
            environment.invoke(stored(bucket, "in/a"))
        left = WORK_ROOT / environment.asked[-1]
        assert left.exists()
    with unprivileged(made) as environment:
        assert "answer" in environment.invoke(stored(bucket, "in/b"))
        assert not left.exists()


@pytest.fixture
def tool() -> Iterator[str]:
    """A program that makes files of another user's: `install`, which runs as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if not IS_ROOT or os.statvfs(folder).f_flag & os.ST_NOSUID:
            pytest.skip("nobody but root can make a program that runs as root")
        copy = shutil.copy(str(shutil.which("install")), folder / "install")
        Path(copy).chmod(0o4755)
        yield str(copy)


def test_what_cannot_be_read_fails_before_anything_is_published(
    function: Make, bucket: Bucket, tool: str
) -> None:
    script = f"for n in 1 2 3; do echo x >output/$n; done; {tool} -m 600 /etc/hostname output/2"
    made = function(f"rm -f output/2; {script}")
    with unprivileged(made) as environment:
        said = environment.invoke(stored(bucket, "in/a"))
        assert said["error"] == "StorageError: cannot read the output '2': Permission denied"
        assert not (WORK_ROOT / environment.asked[-1]).exists()
        assert [line["status"] for line in environment.executions()] == ["failed"]
    assert bucket.keys("out/") == []
    assert [claim["state"] for claim in made.claims()] == ["failed"]


def test_a_folder_of_somebody_else_s_fails_and_keeps_no_retry_from_running(
    function: Make, bucket: Bucket, tool: str
) -> None:
    lock = f"{tool} -d -m 700 output/d; {tool} /etc/hostname output/d/f"
    made = function(f'echo x >output/x; [ -e "{tool}.once" ] || {{ {lock}; exit 0; }}')
    event = stored(bucket, "in/a")
    with unprivileged(made) as environment:
        said = environment.invoke(event)
        assert said["error"] == (
            "StorageError: cannot read the folder 'd' of the outputs: Permission denied"
        )
        request_id = environment.asked[-1]
        work = WORK_ROOT / request_id
        assert "cannot be removed" in environment.log.read_text()
        assert bucket.keys("out/") == []
        Path(f"{tool}.once").touch()
        assert "answer" in environment.invoke(event, request_id)
        assert not work.exists()
    assert bucket.keys("out/") == ["out/x"]
    for left in WORK_ROOT.glob("*/output/d/f"):  # what was moved aside
        shutil.rmtree(left.parents[2])


def test_a_deep_tree_is_removed_and_fails_only_where_it_is_an_output(
    function: Make, bucket: Bucket
) -> None:
    deep = "n=0; while [ $n -lt 1500 ]; do mkdir dddddddd; cd dddddddd; n=$((n+1)); done"
    made = function(f'echo x >output/x; cd "$(cat "$SCAR_INPUT_FILE")"; {deep}')
    with unprivileged(made) as environment:
        assert "answer" in environment.invoke(stored(bucket, "in/a", b"."))
        assert bucket.keys("out/") == ["out/x"]
        said = environment.invoke(stored(bucket, "in/b", b"output"))
        assert said["error"].startswith("StorageError: cannot read the folder 'dddddddd/")
        assert said["error"].endswith(" of the outputs: File name too long")
        for request_id in environment.asked:
            assert not (WORK_ROOT / request_id).exists()
