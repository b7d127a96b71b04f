"""An answer of success counts only with its result in it, whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import pytest
from scar_runtime.aws.batch import Batch
from scar_runtime.aws.client import Client
from scar_runtime.aws.errors import AwsError, UnknownOutcomeError
from scar_runtime.aws.functions import Functions
from scar_runtime.aws.request import Bytes
from scar_runtime.aws.s3 import S3, Part
from scar_runtime.aws.secrets import Secrets
from scar_runtime.aws.sender import ATTEMPTS

from tests.runtime.scripted import Said, Server, scripted
from tests.runtime.test_aws import client

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:name-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:111122223333:parameter/name"
EMPTY = Said(200)
ERROR = Said(200, b"<Error><Code>InternalError</Code><Message>We failed</Message></Error>")
BEGUN = b"<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"
ENDED = b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'
LISTED = b"<ListMultipartUploadsResult></ListMultipartUploadsResult>"
ETAG = {"ETag": '"e"'}


def s3(server: Server) -> S3:
    return S3(client(), "us-east-1", server.url)


def secrets(server: Server) -> Secrets:
    made: Callable[[str], Client] = client
    return Secrets(made, dict.fromkeys(("secretsmanager", "ssm"), server.url))


Ask = Callable[[Server], Any]
REPEATED: dict[str, tuple[Ask, Said, list[Said]]] = {
    "PutObject": (
        lambda server: s3(server).put("b", "k", Bytes(b"x"), {}),
        Said(200, b"", ETAG),
        [],
    ),
    "UploadPart": (
        lambda server: s3(server).put_part("b", "k", "id", 1, Bytes(b"x")).etag,
        Said(200, b"", ETAG),
        [],
    ),
    "HeadObject": (
        lambda server: s3(server).head("b", "k")["etag"],
        Said(200, b"", ETAG),
        [],
    ),
    "ListMultipartUploads": (
        lambda server: s3(server).uploads("b", "k"),
        Said(200, LISTED),
        [Said(200, LISTED[:30]), ERROR],
    ),
    "GetSecretValue": (
        lambda server: secrets(server).read(SECRET),
        Said(200, b'{"SecretString": "e"}'),
        [Said(200, b"{}"), Said(200, b'{"SecretString": "'), Said(200, b"[]")],
    ),
    "GetParameters": (
        lambda server: secrets(server).read(PARAMETER),
        Said(200, b'{"Parameters": [{"Value": "e"}]}'),
        [Said(200, b"{}"), Said(200, b'{"Parameters": [{}]}')],
    ),
}
"""Requests that may be repeated, with a whole answer and more that are not."""


@pytest.mark.parametrize("operation", REPEATED)
def test_an_answer_without_its_result_is_asked_for_again(operation: str) -> None:
    ask, whole, others = REPEATED[operation]
    broken = [EMPTY, *others]
    with scripted(*broken, whole) as server:
        assert ask(server) == ('"e"' if whole.headers else [] if b"List" in whole.body else "e")
        assert len(server.asked) == len(broken) + 1


@pytest.mark.parametrize("operation", REPEATED)
def test_answers_without_a_result_are_a_failure_in_the_end(operation: str) -> None:
    ask, _, _ = REPEATED[operation]
    with scripted(EMPTY) as server:
        with pytest.raises(AwsError, match="BadAnswer: an answer"):
            ask(server)
        assert len(server.asked) == ATTEMPTS


ONCE: dict[str, tuple[Ask, Said, list[Said]]] = {
    "CreateMultipartUpload": (
        lambda server: s3(server).begin_upload("b", "k", {}),
        Said(200, BEGUN),
        [Said(200, BEGUN[:-9]), Said(200, BEGUN.replace(b"UploadId", b"Other")), ERROR],
    ),
    "CompleteMultipartUpload": (
        lambda server: s3(server).end_upload("b", "k", "id", [Part("e", "c")]),
        Said(200, ENDED),
        [Said(200, ENDED[:-9]), Said(200, ENDED.replace(b"ETag", b"Other")), ERROR],
    ),
    "SubmitJob": (
        lambda server: Batch(client("batch"), "us-east-1", server.url).submit_job({}),
        Said(200, b'{"jobId": "id"}'),
        [Said(200, b"{}"), Said(200, b'{"jobId": "i'), Said(200, b'"jobId"')],
    ),
    "Invoke": (
        lambda server: Functions(client("lambda"), "us-east-1", server.url).invoke_later("f", b""),
        Said(202),
        [],
    ),
}
"""Requests that nobody may repeat who does not know whether they were carried out."""


@pytest.mark.parametrize("operation", ONCE)
def test_what_may_have_been_carried_out_is_not_asked_for_again(operation: str) -> None:
    ask, whole, others = ONCE[operation]
    for broken in (EMPTY, Said(500), Said(503), Said(200, b"x" * 9, cut=3), *others):
        with scripted(broken) as server:
            with pytest.raises(UnknownOutcomeError):
                ask(server)
            assert len(server.asked) == 1
    with scripted(whole) as server:
        ask(server)


@pytest.mark.parametrize("operation", ONCE)
def test_what_was_certainly_not_carried_out_is_asked_for_again(operation: str) -> None:
    ask, whole, _ = ONCE[operation]
    throttled = Said(429, json.dumps({"__type": "TooManyRequestsException"}).encode())
    with scripted(throttled, throttled, whole) as server:
        ask(server)
        assert len(server.asked) == 3


def test_a_late_error_of_a_long_upload_is_told() -> None:
    with scripted(ERROR) as server, pytest.raises(AwsError, match="InternalError: We failed"):
        s3(server).end_upload("b", "k", "id", [])


def test_whitespace_that_keeps_a_connection_open_is_no_error() -> None:
    with scripted(Said(200, b"<?xml version='1.0'?>\n   \n" + ENDED + b"\n")) as server:
        s3(server).end_upload("b", "k", "id", [])


def test_an_object_without_an_end_is_not_taken_for_whole() -> None:
    """Its head was cut: nobody can tell where the content ends."""
    with scripted(
        Said(200, b"", {**ETAG, "Content-Length": ""}), Said(200, b"content", ETAG)
    ) as server:
        assert s3(server).get("b", "k", HTTPResponse.read) == b"content"


def test_an_error_in_an_answer_shows_nothing_of_a_secret() -> None:
    with scripted(Said(200, b'{"SecretString": "hunter-2')) as server:
        with pytest.raises(AwsError) as raised:
            secrets(server).read(SECRET)
        assert "hunter" not in str(raised.value)
        assert raised.value.__context__ is None or "hunter" not in str(raised.value.__context__)
