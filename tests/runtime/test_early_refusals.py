"""A service that refuses a large content before it has all of it is heard, over TLS as without."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.aws.errors import AwsError, UnknownOutcomeError
from scar_runtime.aws.exchange import EXPECTING_BYTES
from scar_runtime.aws.request import Bytes
from scar_runtime.aws.s3 import S3
from scar_runtime.errors import StorageError
from scar_runtime.storage import Storage

from tests.runtime.refusing import Refusal, RefusingServer, refusing, said
from tests.runtime.scripted import Said, scripted
from tests.runtime.test_aws import client
from tests.runtime.test_provider_protocols import dav

MIB = 1024 * 1024
LARGE = Bytes(bytes(16 * MIB))
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
ETAG = 'ETag: "e"'

Serve = Callable[..., Any]


@pytest.fixture(params=["plain", "TLS 1.2", "TLS 1.3"])
def serve(
    request: pytest.FixtureRequest, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> Serve:
    """Starts a refusing server, that clients trust."""
    if request.param == "plain":
        return refusing
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.with_name("certificate.pem")))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    version = ssl.TLSVersion.TLSv1_2 if request.param == "TLS 1.2" else ssl.TLSVersion.TLSv1_3
    tls.minimum_version = tls.maximum_version = version
    return lambda *refusals: refusing(*refusals, tls=tls)


def s3(server: RefusingServer) -> S3:
    return S3(client(), "us-east-1", server.url)


@pytest.mark.parametrize(
    ("status", "heard", "go_ahead"),
    [
        ("400 Bad Request", 0, False),
        ("403 Forbidden", 65536, False),
        ("403 Forbidden", 2 * MIB, False),
        ("403 Forbidden", 65536, True),
        ("301 Moved", 65536, True),
    ],
)
def test_the_refusal_is_told_and_nothing_is_tried_again(
    serve: Serve, status: str, heard: int, go_ahead: bool
) -> None:
    with serve(Refusal(said(status, DENIED), heard, go_ahead)) as server:
        with pytest.raises(AwsError, match="AccessDenied: Access Denied") as raised:
            s3(server).put("bucket", "key", LARGE, {})
        assert raised.value.status == int(status[:3])
        # A redirection without a place makes us ask for the bucket's.
        methods = [head.split()[0] for head in server.heads]
        assert methods == ([b"PUT", b"HEAD"] if status.startswith("301") else [b"PUT"])


def test_what_is_refused_by_its_head_is_not_sent(serve: Serve) -> None:
    with serve(Refusal(said("403 Forbidden", DENIED))) as server:
        with pytest.raises(AwsError, match="AccessDenied"):
            s3(server).put("bucket", "key", LARGE, {})
        assert server.contents == [0]


def test_a_small_content_is_sent_without_a_question(serve: Serve) -> None:
    small = Bytes(bytes(EXPECTING_BYTES - 1))
    with serve(Refusal(said("200 OK", b"", ETAG), small.size)) as server:
        assert s3(server).put("bucket", "key", small, {}) == '"e"'
        assert b"Expect" not in server.heads[0]
        assert server.contents == [small.size]


def test_the_content_follows_the_word_of_the_service(serve: Serve) -> None:
    with serve(Refusal(said("200 OK", b"", ETAG), LARGE.size, go_ahead=True)) as server:
        assert s3(server).put("bucket", "key", LARGE, {}) == '"e"'
        assert b"Expect: 100-continue" in server.heads[0]
        assert server.contents == [LARGE.size]


def test_a_service_without_a_word_is_asked_for_it_once(serve: Serve) -> None:
    with serve(Refusal(said("200 OK", b"", ETAG), LARGE.size)) as server:
        bucket = s3(server)
        for _ in range(2):
            bucket.put("bucket", "key", LARGE, {})
        assert [b"Expect" in head for head in server.heads] == [True, False]
        assert server.contents == [LARGE.size] * 2


def test_a_service_that_knows_no_such_question_gets_the_content(serve: Serve) -> None:
    unknown = Refusal(said("417 Expectation Failed"))
    fine = Refusal(said("200 OK", b"", ETAG), LARGE.size)
    with serve(unknown, fine) as server:
        bucket = s3(server)
        for _ in range(2):
            bucket.put("bucket", "key", LARGE, {})
        assert [b"Expect" in head for head in server.heads] == [True, False, False]


def test_a_late_word_to_go_ahead_is_no_answer() -> None:
    """It comes once the content is under way already, and may come twice."""
    late = b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + said("200 OK", b"", ETAG)
    with refusing(Refusal(late, LARGE.size)) as server:
        assert s3(server).put("bucket", "key", LARGE, {}) == '"e"'


def test_a_connection_that_just_breaks_is_tried_again(serve: Serve) -> None:
    fine = Refusal(said("200 OK", b"", ETAG), LARGE.size)
    with serve(Refusal(b"", 65536), Refusal(b"", 0), fine) as server:
        assert s3(server).put("bucket", "key", LARGE, {}) == '"e"'
        assert len(server.heads) == 3


def test_an_early_answer_of_success_is_not_believed(serve: Serve) -> None:
    with serve(Refusal(said("200 OK", b"", ETAG), 65536)) as server:
        s3_there = s3(server)
        with pytest.raises(UnknownOutcomeError):
            s3_there.put("bucket", "key", LARGE, {}, repeatable=False)


def test_a_bucket_elsewhere_gets_the_content_once(serve: Serve) -> None:
    elsewhere = said("301 Moved", b"", "x-amz-bucket-region: eu-west-3")
    fine = Refusal(said("200 OK", b"", ETAG), LARGE.size, go_ahead=True)
    with serve(Refusal(elsewhere), fine) as server:
        assert s3(server).put("bucket", "key", LARGE, {}) == '"e"'
        assert server.contents == [0, LARGE.size]
        assert b"/eu-west-3/s3/" in server.heads[1]


def test_an_output_s_refusal_is_in_the_message(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(bytes(6 * MIB))
    with serve(Refusal(said("403 Forbidden", DENIED), 65536)) as server:
        with pytest.raises(StorageError, match="cannot write s3://b/k: AccessDenied"):
            Storage(s3(server)).upload(file, "b", "k", {})
        assert len(server.heads) == 1


def test_other_services_are_asked_too(tmp_path: Path) -> None:
    """A WebDAV server whose disk is full says so before gigabytes are sent."""
    file = tmp_path / "large"
    file.write_bytes(bytes(6 * MIB))
    made = Refusal(said("201 Created"))
    with refusing(made, Refusal(said("507 Insufficient Storage"))) as server:
        with pytest.raises(StorageError, match=r"webdav.lab:b/x: 507 Insufficient Storage"):
            dav(server.url).upload(file, "b", "x", {})
        assert server.contents[1] == 0


def test_a_connection_is_kept_after_a_content_that_was_asked_for() -> None:
    with scripted(Said(200, b"", {"ETag": '"e"'})) as server:
        bucket = S3(client(), "us-east-1", server.url)
        bucket.put("bucket", "key", LARGE, {})
        bucket.get("bucket", "key", HTTPResponse.read)
        assert server.asked[0].headers["Expect"] == "100-continue"
        assert len({asked.client_port for asked in server.asked}) == 1
