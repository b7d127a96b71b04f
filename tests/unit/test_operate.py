"""What the commands about deployed workflows make of paths, moments, lines and metadata."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.events import StoredObject
from scar_runtime.trace import new_trace, trace_of

from scar_constructs.errors import UserError
from scar_constructs.operate.executions import execution_of, percentile
from scar_constructs.operate.log_lines import Line, of_request
from scar_constructs.operate.logs import shown, words
from scar_constructs.operate.moments import since
from scar_constructs.operate.objects import StoredFile, folder_prefix, split_path, trace_id_of
from scar_constructs.operate.transfer import PART, etag_of

ID = "0123456789abcdef" * 2
REQUEST = "11111111-2222-3333-4444-555555555555"


@given(st.lists(st.text(), max_size=4))
def test_the_id_of_a_trace_is_the_runtime_s(identity: list[str]) -> None:
    assert trace_id_of(*identity) == new_trace(*identity)


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        ({}, "v"),
        ({}, None),
        ({}, "null"),
        ({"scar-trace": ID}, "v"),
        ({"scar-trace": 'x" ?y'}, "v"),
    ],
)
def test_a_file_has_the_trace_that_the_runtime_gives_it(
    metadata: dict[str, str], version: str | None
) -> None:
    """And nothing that an uploader wrote becomes a part of a search."""
    stored = StoredFile("b/k/x", version, "e", 1, 0.0, metadata)
    assert stored.trace_id == trace_of(
        metadata, StoredObject("b", "k/x", version=version, etag='"e"'), "id"
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604800), ("1w", 604800)]
)
def test_a_span_before_now(text: str, seconds: int) -> None:
    begin = time.time()
    moment = since(text) / 1000
    assert begin - seconds - 1 <= moment <= time.time() - seconds + 1


def test_a_moment_without_a_zone_is_in_utc() -> None:
    assert since("2026-11-26T08:00") == since("2026-11-26T09:00+01:00") == 1795680000000


@pytest.mark.parametrize("text", ["", "yesterday", "7", "-3h", "3y", "9999999d"])
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(UserError, match="write such as 30m"):
        since(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("s3://b/k/x", ("b", "k/x")), ("b/k", ("b", "k")), ("b", ("b", "")), ("b/", ("b", ""))],
)
def test_a_path_has_a_bucket_and_a_key(text: str, parts: tuple[str, str]) -> None:
    assert split_path(text) == parts


def test_a_path_without_a_bucket_is_told() -> None:
    with pytest.raises(UserError, match="names no bucket"):
        split_path("s3:///k")


def test_a_folder_is_a_prefix() -> None:
    assert [folder_prefix(key) for key in ("", "/", "a", "a/", "/a/b/")] == [
        "",
        "",
        "a/",
        "a/",
        "a/b/",
    ]


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1])
def test_an_etag_is_that_of_the_parts_that_are_sent(size: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    assert ("-" in etag_of(file)) is (size >= PART)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.95, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        (list(range(1, 101)), 0.95, 95),
    ],
)
def test_a_percentile_is_a_value_that_was_there(
    values: list[float], share: float, expected: float | None
) -> None:
    assert percentile(values, share) == expected


def line(text: str, group: str = "/aws/lambda/f", stream: str = "s", at: int = 0) -> Line:
    return Line(at, group, stream, text)


def own(**fields: object) -> str:
    return json.dumps({"scar": "execution", "status": "failed", "reason": "why", **fields})


LAMBDA = [
    f"START RequestId: {REQUEST} Version: $LATEST",
    "a line of the script",
    "[ERROR] the script's own",
    own(seconds=1.5),
    "[ERROR] ScriptError: why",
    "Traceback (most recent call last):",
    f"END RequestId: {REQUEST}",
    "START RequestId: 99999999-2222-3333-4444-555555555555 Version: $LATEST",
    "of the next request",
]


def test_a_person_sees_what_scripts_printed_and_what_went_wrong() -> None:
    found = [words(one) for one in shown(map(line, LAMBDA))]
    assert found == [
        "a line of the script",
        "[ERROR] the script's own",
        "[failed] in 1.5 s: why",
        "of the next request",
    ]


def test_a_request_ends_where_the_next_begins() -> None:
    assert [one.text for one in of_request(map(line, LAMBDA), REQUEST)] == LAMBDA[:7]


@pytest.mark.parametrize(
    "text",
    [
        '{"scar": "execution"',
        '{"scar": "log"}',
        ' {"scar": "execution"}',
        '{"scar": ["execution"]}',
        "words",
    ],
)
def test_what_is_no_line_of_the_runtime_is_no_execution(text: str) -> None:
    assert execution_of(line(text)) is None


def test_fields_of_another_type_count_as_absent() -> None:
    """The log of a function is a place where its image may write."""
    done = execution_of(line(own(seconds="long", outputs="x", input=7, exit_code=True, job_id={})))
    assert done is not None
    assert (done.seconds, done.outputs, done.input, done.exit_code, done.job_id) == (
        0.0,
        (),
        None,
        None,
        None,
    )


def test_a_program_that_has_the_log_to_itself_ends_no_execution() -> None:
    """In a job whose image is not built upon, the script prints past the runtime."""
    forged = own(seconds=1.0)
    for container, counts in (("stage-out", True), ("program", False)):
        found = line(forged, "/scar/batch/f", f"f/{container}/0123")
        assert (execution_of(found) is not None) is counts
        assert [one.text for one in shown([found])] == [forged]


@pytest.mark.parametrize("seconds", ["1e400", "-1", "NaN", "1" + "0" * 400])
def test_a_span_that_cannot_be_counts_as_none(seconds: str) -> None:
    done = execution_of(line(f'{{"scar": "execution", "seconds": {seconds}}}'))
    assert done is not None
    assert done.seconds == 0


def test_a_line_that_is_nested_too_deeply_is_none_of_the_runtime_s() -> None:
    assert line('{"scar": ' + "[" * 100_000).own is None
