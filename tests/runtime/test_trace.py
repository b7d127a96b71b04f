"""One id for all that came of one upload: in the outputs' metadata, and in every log line."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from scar_runtime.events import StoredObject
from scar_runtime.handler import Invocation
from scar_runtime.trace import TRACE, new_trace, trace_of

from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, Invoked, s3_record, stored

COPY = 'cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/"\n'
GIVEN = "0123456789abcdef" * 2


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"scar"')]


def test_an_upload_begins_a_trace_and_its_outputs_carry_it_on(
    function: Callable[..., Function], bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    first = function(COPY)
    Invocation(first.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    begun = bucket.metadata("out/a")[TRACE]
    assert lines(capfd.readouterr().out)[-1]["trace_id"] == begun

    second = function(COPY, outputs=[{"bucket": bucket.name, "folder": "further"}])
    written = bucket.client.head_object(Bucket=bucket.name, Key="out/a")
    record = s3_record(bucket.name, "out/a", eTag=written["ETag"].strip('"'), sequencer="1")
    Invocation(second.runtime(), Invoked()).handle({"Records": [record]})
    assert bucket.metadata("further/a")[TRACE] == begun
    assert lines(capfd.readouterr().out)[-1]["trace_id"] == begun


def test_a_line_has_the_trace_of_its_own_record(
    function: Callable[..., Function], bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    """The process goes on to another record, of which nothing is known until it is staged."""
    runtime = function(COPY).runtime()
    Invocation(runtime, Invoked()).handle(stored(bucket, "in/a"))
    capfd.readouterr()
    event = stored(bucket, "in/a")
    event["Records"][0]["s3"]["object"].update(key="in/gone", eTag="0", sequencer="9")
    with pytest.raises(Exception, match="gone"):
        Invocation(runtime, Invoked()).handle(event)
    assert all("trace_id" not in line for line in lines(capfd.readouterr().out))


@pytest.mark.parametrize("text", ["", "x" * 32, GIVEN.upper(), GIVEN + "0", GIVEN + "\r\nx: y"])
def test_what_is_no_id_of_a_trace_is_not_carried_on(text: str) -> None:
    """Whoever uploads a file chooses its metadata."""
    found = trace_of({TRACE: text}, StoredObject("b", "k", etag='"e"'), "id")
    assert found == new_trace("b", "k", "e")


def test_the_trace_of_an_upload_follows_from_the_object_alone() -> None:
    """So that all functions which it starts have the same, and a person can find it."""
    assert trace_of({}, StoredObject("b", "k", etag='"e"'), "1") == new_trace("b", "k", "e")
    assert trace_of({}, StoredObject("b", "k", etag="e", version="null"), "2") == new_trace(
        "b", "k", "e"
    )
    assert trace_of({}, StoredObject("b", "k", etag="e", version="v"), "3") == new_trace(
        "b", "k", "v"
    )
    assert trace_of({TRACE: GIVEN}, StoredObject("b", "k", etag="e"), "4") == GIVEN


def test_a_request_begins_a_trace_of_its_own() -> None:
    assert trace_of({}, None, "1") == new_trace("request", "1") != trace_of({}, None, "2")
