"""Whatever an event holds: each of its records ends in one execution line and a settled claim, and
nothing but a fault of the event's is ever raised.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scar_runtime.errors import DefectError, ScarError
from scar_runtime.events import gateway, webhook
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.runtime import Runtime
from scar_runtime.workspace import WORK_ROOT

from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, Invoked, executions, stored

Make = Callable[..., Function]
Handler = Callable[[Runtime, Invoked, Any], Any]

EVENTS = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "events").glob("*.json"))
}
SCRIPT = 'cat "$SCAR_INPUT_FILE" >output/copy 2>/dev/null; echo "$EVENT" | wc -c'
STATUSES = {"succeeded", "failed", "duplicate", "ignored", "submitted"}
WEBHOOKS = [{"storage_provider": "minio.mine", "bucket": "photos", "folder": "in"}]
"""Inputs that make bodies of requests worth a look."""
DEEP = 400
"""Lists in lists. A little more than that, and Lambda's own client cannot read the event."""


def deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, 10**30, "", " ", "0", "\0", "a\0b", "\ud800", "\udcff"),
    *("x" * 5_000, "y" * 150_000, "\n", "a\r\nb: c", "../..", "/", "é" * 600, "%00", "%ff", "+"),
    *(
        [],
        {},
        [[]],
        [None],
        {"a": None},
        {"": ""},
        deep(DEEP),
        [1] * 200,
        "[" * 100_000,
        "1" * 5_000,
    ),
    *("aws:s3", "minio:s3", "aws:sqs", "aws:sns", "OneTrigger", "Object Created", "ObjectCreated:"),
]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a JSON document."""
    yield path
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from places(value, (*path, name))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from places(value, (*path, number))


def changed(event: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at a place; `...` for none at all."""
    if not place:
        return event if value is ... else value
    made = copy.deepcopy(event)
    parent = made
    for step in place[:-1]:
        parent = parent[step]
    if value is ...:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return made


def wrapped(event: Any, how: str) -> Any:
    text = json.dumps(event)
    match how:
        case "sqs":
            return {"Records": [{"eventSource": "aws:sqs", "body": text}]}
        case "sns":
            return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}
        case "delegated":
            return {"event": text, "storage_provider": "minio.mine"}
        case "delegated as it is":
            return {"event": event}
        case "body":
            return {"httpMethod": "POST", "body": text, "requestContext": {}}
        case "encoded body":
            body = base64.b64encode(text.encode()).decode()
            return {"httpMethod": "POST", "body": body, "isBase64Encoded": True}
        case "twice":
            return {"Records": [*records(event), *records(event)]}
        case _:
            return event


def records(event: Any) -> list[Any]:
    found = event.get("Records") if isinstance(event, dict) else None
    return found if isinstance(found, list) and found else [event]


WRAPPINGS = (
    *("", "sqs", "sns", "delegated", "delegated as it is", "body", "encoded body", "twice"),
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """A real event with one to three changes, wrapped or not."""
    event = copy.deepcopy(draw(st.sampled_from([*EVENTS.values(), {"script": "dHJ1ZQ=="}, {}])))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(event))))
        event = changed(event, place, draw(st.sampled_from([..., *ODD]) | st.text(max_size=20)))
    for how in draw(st.lists(st.sampled_from(WRAPPINGS), max_size=2)):
        event = wrapped(event, how)
    return event


SEEDS: dict[str, Any] = {
    "a key with a NUL": changed(EVENTS["s3"], ("Records", 0, "s3", "object", "key"), "in/a%00b"),
    "half a character in a key": changed(
        EVENTS["s3"], ("Records", 0, "s3", "object", "key"), "in/\ud800"
    ),
    "half a character in a key of EventBridge": changed(
        EVENTS["eventbridge_s3"], ("detail", "object", "key"), "in/\ud800"
    ),
    "a NUL in a key of EventBridge": changed(
        EVENTS["eventbridge_s3"], ("detail", "object", "key"), "in/a\0b"
    ),
    "a size that is text": changed(EVENTS["s3"], ("Records", 0, "s3", "object", "size"), "1024"),
    "an ETag that is a number": changed(EVENTS["s3"], ("Records", 0, "s3", "object", "eTag"), 5),
    "a version with a line feed": changed(
        EVENTS["s3"], ("Records", 0, "s3", "object", "versionId"), "a\r\nx-evil: b"
    ),
    "a time that is a number": changed(EVENTS["s3"], ("Records", 0, "eventTime"), 1_700_000_000),
    "a source that is a list": changed(EVENTS["s3"], ("Records", 0, "eventSource"), ["aws:s3"]),
    "an object that is a list": changed(EVENTS["s3"], ("Records", 0, "s3", "object"), ["key"]),
    "a name that is none": changed(EVENTS["s3"], ("Records", 0, "eventName"), None),
    "a bucket that is an address": changed(
        EVENTS["s3"], ("Records", 0, "s3", "bucket", "name"), "127.0.0.1:9/x?"
    ),
    "a bucket that is no host": changed(
        EVENTS["s3"], ("Records", 0, "s3", "bucket", "name"), "x" * 200
    ),
    "a bucket of other letters": changed(EVENTS["s3"], ("Records", 0, "s3", "bucket", "name"), "ñ"),
    "an empty key": changed(EVENTS["s3"], ("Records", 0, "s3", "object", "key"), ""),
    "a good record between bad ones": {"Records": ["x", *EVENTS["s3"]["Records"], 5]},
    "a deep payload": {"payload": deep(DEEP)},
    "a deep message": wrapped("x", "sqs")
    | {"Records": [{"eventSource": "aws:sqs", "body": "[" * 10**5}]},
    "deep arguments": {"cmd_args": "[" * 10**5},
    "half a character in an argument": {"cmd_args": ["echo", "\ud800"]},
    "no argument": {"cmd_args": [""]},
    "a script that is a list": {"script": ["echo"]},
    "parameters that are a list": EVENTS["api_rest"] | {"queryStringParameters": ["size"]},
    "parameters of other kinds": EVENTS["api_rest"]
    | {"queryStringParameters": {"a": None, "b": ["c"], "d": 5, "\ud800": "x", "e": "\0"}},
    "headers that are a list": EVENTS["api_rest"] | {"headers": ["x"]},
    "headers of other kinds": EVENTS["api_rest"]
    | {"headers": {"X-Amz-Invocation-Type": ["Event"]}},
    "a body that is a number": EVENTS["api_rest"] | {"body": 5},
    "a body that is not base64": EVENTS["api_rest"] | {"body": "%"},
    "a context that is text": {"requestContext": "http"},
    "Onedata's key as a number": EVENTS["onedata"] | {"Key": 5},
    "an event of Onedata without its parts": {"Records": [{"eventSource": "OneTrigger"}]},
}


class Checked:
    """A function whose invocations are held to what this module promises."""

    def __init__(
        self, made: Function, capture: pytest.CaptureFixture[str], handler: Handler
    ) -> None:
        self.made = made
        self._runtime = made.runtime()
        self._capture = capture
        self._handler = handler

    def invoke(self, event: Any) -> tuple[list[dict[str, Any]], Any]:
        """The execution lines and the answer; None if the invocation failed."""
        self._capture.readouterr()
        invoked = Invoked()
        answer = fault = None
        expected = webhook.received(event, self._runtime.config.inputs)
        try:
            answer = self._handler(self._runtime, invoked, event)
        except ScarError as raised:
            fault = raised
        assert not isinstance(fault, DefectError), fault
        assert not fault or not gateway.is_request(event), "a caller over HTTP waits for an answer"
        output = self._capture.readouterr().out
        lines = executions(output)
        assert "a defect of the runtime" not in output
        if not gateway.is_put_off(event):
            assert len(lines) == len(expected) > 0
        assert {line["status"] for line in lines} <= STATUSES
        assert not list(WORK_ROOT.glob(f"{invoked.aws_request_id}*"))
        return lines, answer

    def close(self) -> None:
        settled = {claim["state"] for claim in self.made.claims()}
        assert settled <= {"done", "failed", "submitted"}


def handle(runtime: Runtime, invoked: Invoked, event: Any) -> Any:
    return Invocation(runtime, invoked).handle(event)


def dispatch(runtime: Runtime, invoked: Invoked, event: Any) -> Any:
    return Invocation(runtime, invoked).dispatch(event)


@pytest.fixture
def checked(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Checked]]:
    made: list[Checked] = []

    def make(handler: Handler = handle, script: str = SCRIPT, **changes: Any) -> Checked:
        output = {"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}
        outputs = changes.pop("outputs", [output])
        made.append(Checked(function(script, outputs=outputs, **changes), capfd, handler))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("handler", [handle, dispatch])
@pytest.mark.parametrize("event", SEEDS.values(), ids=SEEDS)
def test_an_event_that_once_broke_something_is_reported(
    checked: Callable[..., Checked], handler: Handler, event: Any
) -> None:
    checked(handler).invoke(event)


@pytest.mark.parametrize("inputs", [[], WEBHOOKS], ids=["", "with webhooks"])
def test_any_event_is_reported(checked: Callable[..., Checked], inputs: Any) -> None:
    function = checked(inputs=inputs)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        function.invoke(data.draw(events()))

    holds()


def test_any_job_is_reported(
    checked: Callable[..., Checked], capfd: pytest.CaptureFixture[str]
) -> None:
    function = checked(dispatch, mode="batch")
    jobs = function.made.batch.jobs

    @settings(max_examples=30, deadline=None)
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        before = len(jobs)
        function.invoke(data.draw(events()))
        for number in range(before, len(jobs)):
            run_job(function.made.job(number))
            said = capfd.readouterr().out
            [line] = executions(said)
            assert line["status"] in STATUSES - {"submitted"}
            assert "a defect of the runtime" not in said

    holds()
    assert jobs
    assert {claim["state"] for claim in function.made.claims()} <= {"done", "failed"}


LARGE = {
    "lists in lists": b"[" * 10**5,
    "objects in objects": b'{"Records":' * 10**4,
    "a long number": b"1" * 5_000,
    "half of another encoding": b"\xff\xfe[",
}
BODIES = st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode())
BODIES |= events().map(lambda event: json.dumps(event).encode())


def test_a_body_that_is_no_event_of_a_provider_is_data(checked: Callable[..., Checked]) -> None:
    function = checked(script='cat "$INPUT_FILE_PATH"', outputs=[], inputs=WEBHOOKS)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        body = data.draw(BODIES | st.sampled_from(list(LARGE)))
        body = LARGE[body] if isinstance(body, str) else body
        request = EVENTS["api_rest"] | {"body": base64.b64encode(body).decode()}
        lines, answer = function.invoke(request)
        if lines[0]["input"] is not None:
            assert all(line["input"].startswith("photos/in/") for line in lines)
        elif body:
            assert answer["statusCode"] == 200
            assert base64.b64decode(answer["body"]) == body

    holds()


def test_a_good_record_runs_whatever_stands_beside_it(
    checked: Callable[..., Checked], bucket: Bucket
) -> None:
    [good] = stored(bucket, "in/a")["Records"]
    bad = [{"eventSource": "aws:s3"}, "x", {"eventSource": "aws:sqs", "body": "{"}]
    lines, _ = checked().invoke({"Records": [bad[0], good, *bad[1:]]})
    assert [line["status"] for line in lines] == ["failed", "succeeded", "failed", "failed"]
    assert len(bucket.keys("out/")) == 1


def test_t8_a_key_with_a_nul_is_processed(checked: Callable[..., Checked], bucket: Bucket) -> None:
    """No variable can hold it, and no file can have the name."""
    lines, _ = checked().invoke(stored(bucket, "in/a\0b"))
    assert [line["status"] for line in lines] == ["succeeded"]
    assert [key.rpartition("/")[2] for key in bucket.keys("out/")] == ["copy"]
