"""`scar run --join`: all files of a folder are the input of one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scar_runtime.errors import EventError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, Invoked, executions

Make = Callable[..., Function]
MERGE = 'xargs cat <"$SCAR_INPUT_FILES" >"$SCAR_OUTPUT_DIR/$SCAR_GROUP"; test -z "$SCAR_INPUT_FILE"'


def wish(bucket: Bucket, *keys: str, run: str | None = None) -> dict[str, Any]:
    """The event of the command, for objects that it has listed."""
    files = []
    for key in keys:
        answer = bucket.put(key, f"{key}\n".encode())
        files.append({"key": key, "etag": answer["ETag"].strip('"'), "size": len(key) + 1})
    folder = {"folder": f"{bucket.name}/in", "bucket": bucket.name, "run": run, "files": files}
    return {"scar_join": folder}


@pytest.fixture
def merging(function: Make, bucket: Bucket) -> Function:
    return function(MERGE, inputs=[{"bucket": bucket.name, "folder": "in"}])


def test_one_run_for_all_files_and_none_for_the_same_again(
    merging: Function, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    event = wish(bucket, "in/a", "in/b/c")
    for _ in range(2):
        Invocation(merging.runtime(), Invoked()).handle(event)
    assert bucket.get("out/in") == b"in/a\nin/b/c\n"
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines] == ["succeeded", "duplicate"]
    again = {"scar_join": event["scar_join"] | {"run": "second"}}
    Invocation(merging.runtime(), Invoked()).handle(again)
    assert executions(capfd.readouterr().out)[-1]["status"] == "succeeded"


def test_a_job_runs_it_too(function: Make, bucket: Bucket) -> None:
    made = function(MERGE, mode="batch", inputs=[{"bucket": bucket.name, "folder": "in"}])
    Invocation(made.runtime(), Invoked()).dispatch(wish(bucket, "in/a", "in/b"))
    assert run_job(made.job(0)) == 0
    assert bucket.get("out/in") == b"in/a\nin/b\n"


def test_a_function_that_joins_runs_for_a_folder_as_well(function: Make, bucket: Bucket) -> None:
    """The files have not arrived one by one, and nothing waits for others."""
    join = {"group": "{sample}_R{read}", "by": ["sample"], "count": 2}
    made = function(MERGE, inputs=[{"bucket": bucket.name, "folder": "in", "join": join}])
    Invocation(made.runtime(), Invoked()).handle(wish(bucket, "in/x_R1", "in/y_R1", "in/z"))
    assert bucket.get("out/in") == b"in/x_R1\nin/y_R1\nin/z\n"


def test_only_files_that_an_input_takes_are_read(merging: Function, bucket: Bucket) -> None:
    """Whoever may call the function may not make it read more than its inputs."""
    Invocation(merging.runtime(), Invoked()).handle(wish(bucket, "in/a", "secret/b"))
    assert bucket.get("out/in") == b"in/a\n"
    with pytest.raises(EventError, match="no input of the function takes a file of"):
        Invocation(merging.runtime(), Invoked()).handle(wish(bucket, "secret/b"))


def test_a_file_that_was_replaced_since_fails_the_run(merging: Function, bucket: Bucket) -> None:
    event = wish(bucket, "in/a", "in/b")
    bucket.put("in/b", b"other\n")
    with pytest.raises(EventError, match="in/b was replaced"):
        Invocation(merging.runtime(), Invoked()).handle(event)
    assert bucket.keys("out/") == []
