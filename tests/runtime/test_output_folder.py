"""An output folder that a script made something else of, or left links and pipes in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime.errors import StorageError
from scar_runtime.handler import Invocation
from scar_runtime.workspace import WORK_ROOT

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, stored
from tests.runtime.test_stages import Staged, staged

__all__ = ["staged"]  # a fixture

Make = Callable[..., Function]

REMOVE = 'rm -r "$SCAR_OUTPUT_DIR"; '
REPLACED = {
    "a link to variables": (REMOVE + 'ln -s /proc/self "$SCAR_OUTPUT_DIR"', "a symbolic link"),
    "a link to everything": (REMOVE + 'ln -s / "$SCAR_OUTPUT_DIR"', "a symbolic link"),
    "a link inside": (REMOVE + 'ln -s input "$SCAR_OUTPUT_DIR"', "a symbolic link"),
    "a link to nothing": (REMOVE + 'ln -s nothing "$SCAR_OUTPUT_DIR"', "a symbolic link"),
    "a file": (REMOVE + 'echo x >"$SCAR_OUTPUT_DIR"', "replaced by a file"),
    "a pipe": (REMOVE + 'mkfifo "$SCAR_OUTPUT_DIR"', "replaced by a pipe"),
    "nothing": (REMOVE, "is gone"),
    "nothing at all": ('cd /; rm -r "/tmp/$REQUEST_ID"', "is gone"),
    "a link above it": (
        'cd /tmp; mv "$REQUEST_ID" "$REQUEST_ID.moved"; mkdir -p "$REQUEST_ID.moved/output";'
        ' ln -s "$REQUEST_ID.moved" "$REQUEST_ID"',
        "a symbolic link",
    ),
}


@pytest.mark.parametrize(("script", "message"), REPLACED.values(), ids=REPLACED)
def test_a_folder_that_was_replaced_is_a_failure(
    function: Make,
    bucket: Bucket,
    capfd: pytest.CaptureFixture[str],
    script: str,
    message: str,
) -> None:
    made = function(script)
    invoked = Invoked()
    invocation = Invocation(made.runtime(), invoked)
    event = stored(bucket, "in/a")
    with pytest.raises(StorageError, match=f"the output folder .*{message}"):
        invocation.handle(event)
    assert bucket.keys("out/") == []
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["outputs"]) == ("failed", [])
    assert [claim["state"] for claim in made.claims()] == ["failed"]
    assert not list(WORK_ROOT.glob(invoked.aws_request_id))
    shutil.rmtree(WORK_ROOT / f"{invoked.aws_request_id}.moved", ignore_errors=True)


@pytest.mark.parametrize("script", [script for script, _ in REPLACED.values()], ids=REPLACED)
def test_without_outputs_a_script_may_do_with_it_what_it_likes(
    function: Make, bucket: Bucket, script: str
) -> None:
    invoked = Invoked()
    event = stored(bucket, "in/a")
    answer = Invocation(function(script, outputs=[]).runtime(), invoked).handle(event)
    assert answer["statusCode"] == 200
    assert not list(WORK_ROOT.glob(invoked.aws_request_id))
    shutil.rmtree(WORK_ROOT / f"{invoked.aws_request_id}.moved", ignore_errors=True)


def test_another_folder_in_its_place_is_as_good(function: Make, bucket: Bucket) -> None:
    made = function('mkdir results; echo x >results/x; rmdir output; mv results "$TMP_OUTPUT_DIR"')
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    assert bucket.keys("out/") == ["out/x"]


def test_nothing_but_files_of_the_folder_is_published(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(
        "cd output; ln -s /proc/self/environ variables; ln -s /etc everything;"
        ' ln -s /etc/passwd users; ln -s "$SCAR_INPUT_FILE" input; ln -s nothing nothing;'
        " mkfifo pipe; mkdir d; ln -s ../real d/link; echo x >real; ln real hard; ln -s . self;"
        " ln -s /proc/self/fd fds; ln -s /dev/stdin stdin"
    )
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    assert bucket.keys("out/") == ["out/d/link", "out/hard", "out/real"]
    assert {bucket.get(key) for key in bucket.keys("out/")} == {b"x\n"}
    [text] = warnings(capfd.readouterr().out)
    for name in ("variables", "everything", "users", "input", "nothing", "pipe", "self", "fds"):
        assert f"'{name}' (" in text


def test_a_changed_name_is_told_with_both(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(r"""echo x >"output/$(printf 'a\nb\377')"; echo x >output/plain""")
    invoked = Invoked()
    Invocation(made.runtime(), invoked).handle(stored(bucket, "in/a"))
    assert bucket.keys("out/") == ["out/a\ufffdb\ufffd", "out/plain"]
    output = capfd.readouterr().out
    [text] = warnings(output)
    assert r"b'a\nb\xff' as 'a" + "\ufffdb\ufffd'" in text
    assert "plain" not in text
    assert invoked.aws_request_id in output


def warnings(output: str) -> list[str]:
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in output.splitlines() if line.startswith('{"scar"')
    ]
    return [line["message"] for line in lines if line.get("level") == "WARNING"]


@pytest.mark.parametrize(
    ("script", "message"),
    [one for name, one in REPLACED.items() if "all" not in name and "above" not in name],
)
def test_a_job_of_several_containers_is_as_strict(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str], script: str, message: str
) -> None:
    job = staged(script)
    assert job.run() == 1
    assert bucket.keys("out/") == []
    assert message in capfd.readouterr().out
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]
    assert not (job.volume.root / "the-id").exists()


DEEP = "head -c 100000 /dev/zero | tr '\\000' '[' >"
INSTEAD = (
    *("mkfifo", "mkdir", "ln -s /dev/zero", "ln -s /proc/self/environ", "echo 1000 >", ":"),
    DEEP,
)


@pytest.mark.parametrize("file", ["code", "notes.json"])
@pytest.mark.parametrize("instead", INSTEAD)
def test_what_a_script_makes_of_the_stages_files_keeps_nobody_waiting(
    staged: Staged, bucket: Bucket, file: str, instead: str
) -> None:
    """A script that is root may do with the volume what it likes."""
    place = f"../.scar/{file}"
    job = staged(f"{COPY}; rm {place}; {instead} {place}; kill -9 $PPID")
    assert job.run() == 1
    assert bucket.keys("out/") == []
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]
