"""Invocations of a Lambda function, on a real S3."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.errors import OutOfTimeError, RecordsError, ScriptError, StorageError
from scar_runtime.handler import Invocation
from scar_runtime.workspace import WORK_ROOT

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Clock, Function, Invoked, executions, s3_record, stored
from tests.runtime.scripted import Said, scripted
from tests.support.waiting import eventually

Make = Callable[..., Function]
EVENTS = Path(__file__).parents[1] / "events"


def test_an_uploaded_file_becomes_an_output(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function('tr a-z A-Z <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/loud.txt"; echo said')
    invoked = Invoked()
    answer = Invocation(made.runtime(), invoked).handle(stored(bucket, "in/a.txt", b"hello"))
    assert bucket.get("out/loud.txt") == b"HELLO"
    assert base64.b64decode(answer["body"]) == b"said\n"
    assert answer["statusCode"] == 200
    assert answer["headers"] == {
        "amz-lambda-request-id": invoked.aws_request_id,
        "amz-log-group-name": "group",
        "amz-log-stream-name": "stream",
    }
    [line] = executions(capfd.readouterr().out)
    assert line["seconds"] > 0
    assert line["peak_mib"] > 0
    assert {name: line[name] for name in line if name not in ("seconds", "peak_mib")} == {
        "scar": "execution",
        "function": "f",
        "service": "lambda",
        "request_id": invoked.aws_request_id,
        "input": f"{bucket.name}/in/a.txt",
        "status": "succeeded",
        "exit_code": 0,
        "outputs": [f"{bucket.name}/out/loud.txt"],
        "job_id": None,
        "reason": None,
        "trace_id": bucket.metadata("out/loud.txt")["scar-trace"],
    }
    assert not (WORK_ROOT / invoked.aws_request_id).exists()


@pytest.mark.parametrize(
    "key",
    [
        "in/red flower+1 100%.jpg",
        "in/ñandú 日本 & # %41 (1)'s.txt",
        "in/" + "é" * 490 + ".x",
        "a/../../etc/x",
        "in/..",
        "in/new\nline",
        "/in//x",
    ],
    ids=["reserved", "scripts", "long", "climbing", "dots", "newline", "slashes"],
)
def test_t8_any_key_goes_through(function: Make, bucket: Bucket, key: str) -> None:
    made = function(
        'printf %s "$STORAGE_OBJECT_KEY" >"$SCAR_OUTPUT_DIR/key";'
        'find "$SCAR_INPUT_DIR" -type f -exec cat {} + >"$SCAR_OUTPUT_DIR/content";'
        'test -s "$INPUT_FILE_PATH"'
    )
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, key))
    assert bucket.get("out/key").decode() == key
    assert bucket.get("out/content") == b"content\n"


def test_every_record_is_handled(function: Make, bucket: Bucket) -> None:
    made = function(
        'echo "$REQUEST_ID" >"$SCAR_OUTPUT_DIR/$(basename "$SCAR_INPUT_FILE")"',
    )
    events = [stored(bucket, f"in/{name}") for name in "abc"]
    event = {"Records": [record for one in events for record in one["Records"]]}
    invoked = Invoked("the-id")
    Invocation(made.runtime(), invoked).handle(event)
    assert [bucket.get(f"out/{name}") for name in "abc"] == [
        b"the-id\n",
        b"the-id-2\n",
        b"the-id-3\n",
    ]


def test_a_failing_script_fails_the_invocation(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function('echo half >"$SCAR_OUTPUT_DIR/half"; echo cannot go on >&2; exit 7')
    invocation = Invocation(made.runtime(), Invoked())
    event = stored(bucket, "in/a")
    with pytest.raises(ScriptError, match=r"function f: .* code 7; .*\ncannot go on$"):
        invocation.handle(event)
    assert bucket.keys("out/") == []
    [line] = executions(capfd.readouterr().out)
    assert (line["status"], line["exit_code"]) == ("failed", 7)


def test_one_failing_record_keeps_no_other_from_running(function: Make, bucket: Bucket) -> None:
    made = function(COPY + "; case $SCAR_INPUT_FILE in *b) exit 3;; *d) exit 4;; esac")
    events = [stored(bucket, f"in/{name}") for name in "abcd"]
    event = {"Records": [record for one in events for record in one["Records"]]}
    invocation = Invocation(made.runtime(), Invoked())
    with pytest.raises(RecordsError, match=r"(?s)2 records .*code 3.*code 4"):
        invocation.handle(event)
    assert bucket.keys("out/") == ["out/a", "out/c"]


def test_a_missing_object_is_a_failure_that_names_it(function: Make, bucket: Bucket) -> None:
    event = {"Records": [s3_record(bucket.name, "in/none", size=3)]}
    invocation = Invocation(function(COPY).runtime(), Invoked())
    with pytest.raises(StorageError, match=f"cannot read s3://{bucket.name}/in/none: NoSuchKey"):
        invocation.handle(event)


def test_folders_and_test_events_do_nothing(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY)
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/", b""))
    Invocation(made.runtime(), Invoked()).handle(
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket.name}
    )
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines] == ["ignored", "ignored"]
    assert bucket.keys("out/") == []


def test_an_object_replaced_since_is_left_to_its_own_event(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(COPY)
    old = stored(bucket, "in/a", b"old")
    new = stored(bucket, "in/a", b"newer")
    Invocation(made.runtime(), Invoked()).handle(old)
    assert bucket.keys("out/") == []
    Invocation(made.runtime(), Invoked()).handle(new)
    assert bucket.get("out/a") == b"newer"
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines] == ["ignored", "succeeded"]


def test_each_version_has_outputs_where_keys_tell_them_apart(
    function: Make, bucket: Bucket
) -> None:
    bucket.versioned()
    output = {"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}
    made = function(COPY, outputs=[output])
    events = [stored(bucket, "in/a", content) for content in (b"old", b"newer")]
    Invocation(made.runtime(), Invoked("second")).handle(events[1])
    Invocation(made.runtime(), Invoked("first")).handle(events[0])
    assert bucket.get("out/first/a") == b"old"
    assert bucket.get("out/second/a") == b"newer"


def test_t6_an_old_version_never_overwrites_a_newer_one_s_output(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    bucket.versioned()
    made = function(COPY)
    events = [stored(bucket, "in/a", content) for content in (b"old", b"newer")]
    Invocation(made.runtime(), Invoked()).handle(events[1])
    Invocation(made.runtime(), Invoked()).handle(events[0])
    assert bucket.get("out/a") == b"newer"
    assert bucket.versions("out/") == ["out/a"]
    lines = executions(capfd.readouterr().out)
    assert [line["status"] for line in lines] == ["succeeded", "ignored"]


@pytest.mark.parametrize("versioned", [True, False], ids=["versioned", "not versioned"])
def test_t6_an_input_replaced_during_a_long_run_publishes_nothing(
    function: Make, bucket: Bucket, clock: Clock, versioned: bool
) -> None:
    if versioned:
        bucket.versioned()
    clock.seconds = 60
    with running(function, bucket, clock):
        bucket.put("in/a", b"newer")
    assert bucket.keys("out/") == []


@contextmanager
def running(function: Make, bucket: Bucket, clock: Clock) -> Iterator[None]:
    """A long run on in/a, from when its script has read its input to its end."""
    go = clock.ready.with_name("go")
    made = function(f"{COPY}; touch {clock.ready}; until [ -e {go} ]; do sleep 0.1; done")
    event = stored(bucket, "in/a", b"old")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(Invocation(made.runtime(), Invoked()).handle, event)
        eventually(lambda: clock.ready.exists() or run.done())
        yield
        go.touch()
        run.result()


def test_an_input_removed_during_a_long_run_still_has_its_output(
    function: Make, bucket: Bucket, clock: Clock
) -> None:
    bucket.versioned()
    clock.seconds = 60
    with running(function, bucket, clock):
        bucket.client.delete_object(Bucket=bucket.name, Key="in/a")
    assert bucket.get("out/a") == b"old"


def test_a_removed_object_s_version_is_still_processed(function: Make, bucket: Bucket) -> None:
    bucket.versioned()
    event = stored(bucket, "in/a", b"old")
    bucket.client.delete_object(Bucket=bucket.name, Key="in/a")
    Invocation(function(COPY).runtime(), Invoked()).handle(event)
    assert bucket.get("out/a") == b"old"


def test_variables_of_one_event_are_gone_with_the_next(function: Make, bucket: Bucket) -> None:
    made = function('env >"$SCAR_OUTPUT_DIR/$REQUEST_ID"')
    runtime = made.runtime()
    Invocation(runtime, Invoked("first")).handle(stored(bucket, "in/a"))
    Invocation(runtime, Invoked("second")).handle({})
    ours = {"INPUT_FILE_PATH", "SCAR_INPUT_FILE", "STORAGE_OBJECT_KEY", "EVENT_TIME"}
    assert ours <= names(bucket.get("out/first"))
    assert not ours & names(bucket.get("out/second"))


def names(environment: bytes) -> set[str]:
    return {line.partition("=")[0] for line in environment.decode().splitlines()}


def test_the_script_sees_both_dialects_and_the_image(function: Make, bucket: Bucket) -> None:
    made = function(
        'env >"$SCAR_OUTPUT_DIR/env"; pwd >"$SCAR_OUTPUT_DIR/pwd"', environment={"KEY": "a=b c"}
    )
    invoked = Invoked()
    event = stored(bucket, "in/a.txt")
    Invocation(made.runtime(), invoked).handle(event)
    lines = bucket.get("out/env").decode().splitlines()
    seen = dict(line.split("=", 1) for line in lines)
    work = WORK_ROOT / invoked.aws_request_id
    assert bucket.get("out/pwd").decode() == f"{work}\n"
    assert json.loads(seen.pop("EVENT")) == event
    for added_by_the_shell in ("PWD", "OLDPWD", "SHLVL", "_"):
        seen.pop(added_by_the_shell, None)
    assert seen.pop("INSTANCE_IP").count(".") == 3
    assert seen == {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nowhere",
        "KEY": "a=b c",
        "REQUEST_ID": invoked.aws_request_id,
        "AWS_LAMBDA_REQUEST_ID": invoked.aws_request_id,
        "SCAR_INPUT_DIR": f"{work}/input",
        "SCAR_INPUT_FILE": f"{work}/input/a.txt",
        "SCAR_OUTPUT_DIR": f"{work}/output",
        "TMP_INPUT_DIR": f"{work}/input",
        "INPUT_FILE_PATH": f"{work}/input/a.txt",
        "TMP_OUTPUT_DIR": f"{work}/output",
        "STORAGE_OBJECT_KEY": "in/a.txt",
        "EVENT_TIME": "2026-11-23T06:00:00.000Z",
    }


def test_a_direct_invocation_brings_its_own_script(function: Make) -> None:
    made = function(None, outputs=[])
    script = base64.b64encode(b'echo "$1, $2"').decode()
    event = {"script": script, "cmd_args": ["good", "day"]}
    answer = Invocation(made.runtime(), Invoked()).handle(event)
    assert base64.b64decode(answer["body"]) == b"good, day\n"


def test_arguments_without_a_script_are_a_command(function: Make) -> None:
    made = function(None, outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle({"cmd_args": '["printf", "%s", "x y"]'})
    assert base64.b64decode(answer["body"]) == b"x y"


def test_any_other_payload_is_the_script_s_input(function: Make) -> None:
    made = function('cat "$INPUT_FILE_PATH"', outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle({"any": ["thing"]})
    assert json.loads(base64.b64decode(answer["body"])) == {"any": ["thing"]}


def test_a_script_that_takes_too_long_is_stopped_and_fails(
    function: Make, bucket: Bucket, tmp_path: Path, clock: Clock
) -> None:
    """Once the script is ready, the clock is within the time that is kept back: as much as the file
    says, and be it most of the time-out."""
    mark, clock.seconds = tmp_path / "mark", 250
    trap = f'trap "echo told >{mark}; exit" TERM; touch {clock.ready}'
    made = function(f"{COPY}; {trap}; sleep 600 & wait", timeout_threshold=700)
    invocation = Invocation(made.runtime(), Invoked(seconds=900))
    event = stored(bucket, "in/a")
    with pytest.raises(OutOfTimeError, match="stopped 700 seconds before the end"):
        invocation.handle(event)
    assert mark.read_text() == "told\n"
    assert bucket.keys("out/") == []


def request(body: str) -> dict[str, object]:
    """A request through API Gateway whose caller does not wait."""
    return {
        "httpMethod": "POST",
        "headers": {"x-amz-invocation-type": "Event"},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {},
    }


def test_a_request_that_nobody_waits_for_is_answered_at_once_and_taken_up_later(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function('echo "ran with $(cat "$INPUT_FILE_PATH")"; exit 3')
    with scripted(Said(202)) as server:
        runtime = made.runtime(AWS_ENDPOINT_URL_LAMBDA=server.url)
        answer = Invocation(runtime, Invoked()).handle(request("data"))
        [asked] = server.asked
    assert (answer["statusCode"], answer["body"]) == (202, "")
    assert (asked.method, asked.path) == ("POST", "/2015-03-31/functions/f/invocations")
    assert asked.headers["X-Amz-Invocation-Type"] == "Event"
    assert "ran with" not in capfd.readouterr().out
    with pytest.raises(ScriptError, match="exited with code 3"):
        Invocation(made.runtime(), Invoked()).handle(json.loads(asked.body))
    assert "ran with data" in capfd.readouterr().out


def test_a_request_too_large_for_later_is_refused(function: Make) -> None:
    made = function("true")
    answer = Invocation(made.runtime(), Invoked()).handle(request("x" * 1024 * 1024))
    assert answer["statusCode"] == 413
    assert "has at most 1048576 bytes" in base64.b64decode(answer["body"]).decode()


def asked(**changes: Any) -> dict[str, Any]:
    """A request as API Gateway hands it on."""
    return {**json.loads((EVENTS / "api_rest.json").read_text()), **changes}


def test_a_waiting_caller_gets_the_output(function: Make) -> None:
    made = function('cat "$INPUT_FILE_PATH"; echo "$CONT_VAR_size $size $PATH"', outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle(asked())
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"]
    said = base64.b64decode(answer["body"])
    assert said == b"\x89PNG\r\n\x1a\n10  /usr/bin:/bin\n"


def test_a_waiting_caller_is_told_of_a_failure(function: Make) -> None:
    made = function("exit 7", outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle(asked())
    assert answer["statusCode"] == 500
    told = json.loads(base64.b64decode(answer["body"]))
    assert told == {"exception": "function f: the script exited with code 7"}


def test_a_request_that_was_put_off_fails_as_other_events_do(function: Make) -> None:
    made = function("exit 7", outputs=[])
    invocation = Invocation(made.runtime(), Invoked())
    event = {"event": asked(headers={"X-Amz-Invocation-Type": "Event"})}
    with pytest.raises(ScriptError, match="code 7"):
        invocation.handle(event)
