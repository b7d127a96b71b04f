"""Events of every source, from real payloads (tests/events)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.errors import EventError
from scar_runtime.events import (
    Http,
    Ignored,
    Payload,
    Record,
    Refused,
    StoredObject,
    joined,
    parse,
)

from scar_constructs.model import joins

EVENTS = Path(__file__).parents[1] / "events"
ETAG, SEQUENCER = "d41d8cd98f00b204e9800998ecf8427e", "0055AED6DCD90281E5"
A_JPG = StoredObject("photos", "in/a.jpg", etag=ETAG, sequencer=SEQUENCER, size=1024)


def payload(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def only(event: Any) -> Record:
    [record] = parse(event)
    assert isinstance(record, Record)
    return record


def test_s3_keys_are_decoded_once() -> None:
    record = only(payload("s3"))
    assert record.object == StoredObject(
        bucket="photos",
        key="in/red flower (ñ) 1+1 100%.jpg",
        version="096fKKXTRTtl3on89fVO.nfljtsv6qko",
        etag=ETAG,
        sequencer=SEQUENCER,
        size=1024,
    )
    assert record.time == "2026-11-20T12:34:56.789Z"
    assert record.event == payload("s3")


def test_all_records_count_but_folders_and_removals() -> None:
    entries = list(parse(payload("s3_several")))
    assert [entry.input for entry in entries] == [
        "photos/in/a.jpg",
        "photos/in/folder/",
        "photos/in/b.jpg",
        "photos/in/c.jpg",
    ]
    assert [type(entry) for entry in entries] == [Record, Ignored, Ignored, Record]


def test_a_record_s_event_is_the_record_alone() -> None:
    last = list(parse(payload("s3_several")))[-1]
    assert isinstance(last, Record)
    assert only(last.event) == last


def test_test_events_are_ignored() -> None:
    assert list(parse(payload("s3_test"))) == [Ignored("a test event of S3")]


def test_eventbridge_keys_are_not_decoded() -> None:
    assert only(payload("eventbridge_s3")).object == StoredObject(
        bucket="photos",
        key="in/red flower 1+1 100%25.jpg",
        version="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
        etag="b1946ac92492d2347c6235b4d2611184",
        sequencer="617f08299329d189",
        size=5,
    )


def test_eventbridge_removals_are_ignored() -> None:
    [entry] = parse(payload("eventbridge_s3_deleted"))
    assert entry == Ignored("Object Deleted is not the creation of an object", "photos/in/a.jpg")


def test_minio_is_a_provider_of_its_own() -> None:
    stored = only(payload("minio")).object
    assert stored is not None
    assert (stored.provider, stored.path) == ("minio", "photos/in/red flower.jpg")


@pytest.mark.parametrize("name", ["sqs_s3", "sns_s3", "sqs_sns_s3", "delegated"])
def test_wrapped_events_are_unwrapped(name: str) -> None:
    assert only(payload(name)).object == A_JPG


def test_a_delegated_event_names_a_provider_that_the_file_defines() -> None:
    record = only(payload("delegated_minio"))
    time = "2026-11-20T12:34:56.789Z"
    assert record.object == StoredObject("photos", "in/a.jpg", "minio.mine", sequencer=time)
    assert only(record.event) == record


def test_onedata_names_the_space_first() -> None:
    record = only(payload("onedata"))
    assert record.object == StoredObject(
        bucket="photos",
        key="in/red flower.jpg",
        provider="onedata",
        etag="0000034500046EE9C67756964",
        sequencer="2026-11-20T12:34:56.789123",
    )
    assert only(record.event) == record


def test_a_rest_request_brings_body_and_parameters() -> None:
    record = only(payload("api_rest"))
    assert record.payload == Payload("api_event_file", b"\x89PNG\r\n\x1a\n")
    assert record.http == Http(waiting=True)
    assert record.parameters == {
        "size": "10",
        "PATH": "/evil",
        "no-word": "x",
        "http_proxy": "evil",
    }


def test_an_asynchronous_request_has_nobody_waiting() -> None:
    record = only(payload("api_rest_get"))
    assert record.http == Http(waiting=False)
    assert record.payload is None


def test_a_request_s_body_never_brings_a_script() -> None:
    record = only(payload("api_http"))
    assert record.script is None
    assert record.payload == Payload("api_event_file", b'{"script": "ZWNobyBldmls", "number": 1}')


def test_a_direct_invocation_may_bring_a_script() -> None:
    record = only({"script": "ZWNobyBoaQ==", "cmd_args": '["a", 1]'})
    assert record.script == b"echo hi"
    assert record.arguments == ("a", "1")


@pytest.mark.parametrize("event", [{}, None], ids=["empty", "null"])
def test_an_empty_event_has_no_input(event: Any) -> None:
    assert only(event) == Record(event)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x), max_leaves=5))
def test_any_other_json_is_a_payload(event: Any) -> None:
    record = only(event)
    if event is not None:
        assert record.payload is not None
    assert record.event == event


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"Records": [{"eventSource": "aws:kinesis"}]}, "source 'aws:kinesis' are not known"),
        ({"Records": ["x"]}, "must be an object, got str"),
        ({"Key": "/space/x", "Records": [{"eventSource": "OneTrigger"}]}, "must be /SPACE/FOLDER"),
        ({"Records": [{"eventSource": "OneTrigger"}]}, "lacks 'Key'"),
        ({"Key": 5, "Records": [{"eventSource": "OneTrigger"}]}, "must be text, got int"),
        ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, "lacks 'object'"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "lacks 'detail'"),
        ({"Records": [{"eventSource": "aws:sqs", "body": "{"}]}, "not JSON"),
        ({"script": "%"}, "script must be text in base64"),
        ({"cmd_args": "ls"}, "cmd_args must be a list"),
        ({"cmd_args": [["ls"]]}, "cmd_args must be a list of words"),
        ({"httpMethod": "POST", "body": "%", "isBase64Encoded": True}, "not base64"),
        ({"event": {"event": {"event": {"event": {"event": {}}}}}}, "wrapped more than 4 times"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_only_looks_like_a_known_event_is_refused(event: Any, message: str) -> None:
    [entry] = parse(event)
    assert isinstance(entry, Refused)
    assert isinstance(entry.fault, EventError)
    assert re.search(message, str(entry.fault))


def test_the_files_of_a_folder() -> None:
    record = only(payload("join_folder"))
    assert record.folder is not None
    assert (record.folder.name, record.input) == ("photos/in", "photos/in")
    files = [(one.path, one.size) for one in record.folder.files]
    assert files == [("photos/in/a.jpg", 1024), ("photos/in/b.jpg", 1)]


@pytest.mark.parametrize("files", [[], {}, ["in/a"], [{"key": ""}], [{"key": "a", "size": -1}]])
def test_a_folder_whose_files_are_none_is_refused(files: Any) -> None:
    [entry] = parse({"scar_join": {"folder": "photos/in", "bucket": "photos", "files": files}})
    assert isinstance(entry, Refused)


def test_the_key_of_our_own_events_is_known_to_the_generator() -> None:
    assert joins.EVENT == joined.JOIN
