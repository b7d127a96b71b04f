"""Requests to AWS: what is sent, what is tried again, and what is not."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Mapping
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.aws.batch import Batch
from scar_runtime.aws.client import Client
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.endpoints import bucket_address
from scar_runtime.aws.errors import AwsError, CredentialsError
from scar_runtime.aws.functions import Functions
from scar_runtime.aws.request import Bytes
from scar_runtime.aws.s3 import S3
from scar_runtime.aws.sender import ATTEMPTS, Sender
from scar_runtime.aws.signature import Credentials
from scar_runtime.errors import StorageError
from scar_runtime.events import StoredObject
from scar_runtime.storage import Storage

from tests.runtime.cloud import opened
from tests.runtime.scripted import SILENCE, Said, Server, scripted

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
NO_VARIABLES: Mapping[str, str] = {}
SLOW_DOWN = Said(503, b"<Error><Code>SlowDown</Code><Message>Please</Message></Error>")
DENIED = Said(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
ETAG = {"ETag": '"e"'}
FINE = Said(200, b"content", ETAG)


def client(
    service: str = "s3", attempts: int = ATTEMPTS, variables: Mapping[str, str] = NO_VARIABLES
) -> Client:
    environ = {**KEYS, **variables}
    return Client(service, Provider(environ), opened(environ), attempts, sleep=lambda _: None)


def s3(server: Server, **variables: str) -> S3:
    return S3(client(variables=variables), "us-east-1", server.url)


def read(server: Server) -> bytes:
    return s3(server).get("bucket", "key", HTTPResponse.read)


@pytest.mark.parametrize(
    "trouble",
    [
        SLOW_DOWN,
        SILENCE,
        Said(500, b"<Error><Code>InternalError</Code></Error>"),
        *(Said(status) for status in (408, 429, 502, 504)),
        Said(400, b"<Error><Code>RequestTimeout</Code></Error>"),
        Said(200, b"content", cut=3),
    ],
    ids=[
        *("slow down", "silence", "internal", "408", "429", "502", "504"),
        *("request time-out", "cut short"),
    ],
)
def test_passing_trouble_is_tried_again(trouble: Said) -> None:
    with scripted(trouble, trouble, FINE) as server:
        assert read(server) == b"content"
        assert len(server.asked) == 3


def test_patience_has_an_end() -> None:
    with scripted(SLOW_DOWN) as server:
        with pytest.raises(AwsError, match="SlowDown: Please"):
            read(server)
        assert len(server.asked) == ATTEMPTS


def test_the_same_principal_may_begin_in_another_region() -> None:
    with scripted(FINE) as server:
        s3(server).in_region("eu-west-1").get("bucket", "key", HTTPResponse.read)
        assert "/eu-west-1/s3/aws4_request" in server.asked[0].headers["Authorization"]


def test_a_silent_service_is_named() -> None:
    with scripted(SILENCE) as server, pytest.raises(AwsError, match=f"{server.server_port}: "):
        read(server)


def test_a_refusal_is_final() -> None:
    with scripted(DENIED) as server:
        with pytest.raises(AwsError, match="AccessDenied: Access Denied"):
            read(server)
        assert len(server.asked) == 1


def test_a_request_s_body_is_sent_whole_each_time() -> None:
    with scripted(SLOW_DOWN, SILENCE, FINE) as server:
        assert s3(server).put("bucket", "key", Bytes(b"content"), {}) == '"e"'
        assert [asked.body for asked in server.asked] == [b"content"] * 3
        assert server.asked[0].headers["x-amz-checksum-crc32"] == "/sUwqQ=="


def test_connections_are_kept() -> None:
    with scripted(FINE) as server:
        bucket = s3(server)
        for _ in range(3):
            bucket.get("bucket", "key", HTTPResponse.read)
        assert len({asked.client_port for asked in server.asked}) == 1


def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    with scripted(Said(200, b"content", {**ETAG, "Connection": "close"})) as server:
        bucket = s3(server)
        for _ in range(3):
            assert bucket.get("bucket", "key", HTTPResponse.read) == b"content"
        assert len(server.asked) == 3


def test_a_connection_that_died_while_idle_is_not_asked() -> None:
    with scripted(FINE) as server:
        bucket = s3(server)
        bucket.get("bucket", "key", HTTPResponse.read)
        server.hang_up()
        bucket.get("bucket", "key", HTTPResponse.read)
        assert len(server.asked) == 2


def test_a_refusal_keeps_its_connection() -> None:
    with scripted(DENIED, FINE) as server:
        bucket = s3(server)
        with pytest.raises(AwsError, match="AccessDenied"):
            bucket.get("bucket", "key", HTTPResponse.read)
        bucket.get("bucket", "key", HTTPResponse.read)
        assert len({asked.client_port for asked in server.asked}) == 1


def test_batch_is_asked_through_a_new_connection() -> None:
    with scripted(Said(200, b'{"jobId": "id"}')) as server:
        batch = Batch(client("batch", attempts=1), "us-east-1", server.url)
        for _ in range(3):
            batch.submit_job({})
        assert len({asked.client_port for asked in server.asked}) == 3


def test_a_bucket_elsewhere_is_asked_where_it_is() -> None:
    elsewhere = Said(301, b"<Error><Code>PermanentRedirect</Code></Error>", REGION)
    with scripted(elsewhere, FINE) as server:
        bucket = s3(server)
        for _ in range(2):
            assert bucket.get("bucket", "key", HTTPResponse.read) == b"content"
        regions = [asked.headers["Authorization"].split("/")[2] for asked in server.asked]
        assert regions == ["us-east-1", "eu-west-3", "eu-west-3"]


REGION = {"x-amz-bucket-region": "eu-west-3"}


def test_a_bucket_that_is_where_we_asked_may_still_refuse() -> None:
    refusal = Said(400, b"<Error><Code>InvalidRequest</Code></Error>", REGION)
    with scripted(refusal) as server, pytest.raises(AwsError, match="InvalidRequest"):
        read(server)


@pytest.mark.parametrize(
    ("bucket", "region", "url"),
    [
        ("b", "us-east-1", "https://b.s3.us-east-1.amazonaws.com/"),
        ("b", "cn-north-1", "https://b.s3.cn-north-1.amazonaws.com.cn/"),
        ("with.dots", "eu-west-3", "https://s3.eu-west-3.amazonaws.com/with.dots/"),
        ("Of_2010-", "us-east-1", "https://s3.us-east-1.amazonaws.com/Of_2010-/"),
        ("x" * 64, "us-east-1", f"https://s3.us-east-1.amazonaws.com/{'x' * 64}/"),
    ],
)
def test_buckets_have_addresses(bucket: str, region: str, url: str) -> None:
    place, path = bucket_address(bucket, region, None)
    assert f"https://{place.authority}{path}" == url


@pytest.mark.parametrize(
    "bucket", ["", "2130706433/", "localhost:80/x?", "user@host/", "a#", "ñ", "a b", "a\r\nb", "\0"]
)
def test_an_event_s_bucket_never_becomes_another_host(bucket: str) -> None:
    with pytest.raises(AwsError, match="InvalidBucketName"):
        bucket_address(bucket, "us-east-1", None)


def test_an_end_of_an_upload_that_fails_after_all_is_a_failure(tmp_path: Path) -> None:
    root = b"InitiateMultipartUploadResult"
    begun = Said(200, b"<%s><UploadId>id</UploadId></%s>" % (root, root))
    failed = Said(200, b"<Error><Code>InternalError</Code></Error>")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    tries = [failed, Said(404)] * ATTEMPTS
    with scripted(begun, FINE, FINE, *tries, Said(204)) as server:
        storage = Storage(s3(server))
        with pytest.raises(StorageError, match="cannot write s3://bucket/key: InternalError"):
            storage.upload(large, "bucket", "key", {})
        methods = [asked.method for asked in server.asked]
        assert methods == ["POST", "PUT", "PUT", *["POST", "HEAD"] * ATTEMPTS, "DELETE"]


def test_a_broken_download_leaves_no_mixture(tmp_path: Path) -> None:
    with scripted(Said(200, b"12345678", ETAG, cut=5), Said(200, b"12345678", ETAG)) as server:
        found = StoredObject("bucket", "key", size=8)
        Storage(s3(server)).download(found, tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == b"12345678"


def test_batch_is_asked_once_in_its_own_form() -> None:
    with scripted(Said(200, b'{"jobId": "id", "jobName": "n"}')) as server:
        batch = Batch(client("batch", attempts=1), "us-east-1", server.url)
        assert batch.submit_job({"jobName": "n"}) == "id"
        [asked] = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/submitjob")
        assert json.loads(asked.body) == {"jobName": "n"}
        assert "/us-east-1/batch/aws4_request" in asked.headers["Authorization"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (SILENCE, "RemoteDisconnected"),
        (Said(500, b"{}"), "500"),
        (
            Said(400, b'{"message": "no"}', {"x-amzn-errortype": "ClientException:http://x/"}),
            "ClientException: no",
        ),
        (Said(429, b'{"__type": "com.amazonaws#TooManyRequestsException"}'), "TooManyRequests"),
    ],
    ids=["silence", "500", "refused", "throttled"],
)
def test_batch_is_never_asked_twice(said: Said, error: str) -> None:
    with scripted(said) as server:
        batch = Batch(client("batch", attempts=1), "us-east-1", server.url)
        with pytest.raises(AwsError, match=error):
            batch.submit_job({})
        assert len(server.asked) == 1


def test_pauses_grow_fourfold_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda count: b"\xff" * count)
    pauses: list[float] = []
    sender = Sender(opened(KEYS), sleep=pauses.append)
    for attempt in range(1, 8):
        sender.pause(attempt)
    assert pauses == pytest.approx([0.2, 0.8, 3.2, 12.8, 20, 20, 20])


def document(key: str, expires: str) -> Said:
    content = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": expires}
    return Said(200, json.dumps(content).encode())


def test_a_container_s_credentials_are_renewed_in_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    now = 1_800_000_000.0  # 2027-01-15T08:00:00Z
    clock = [now]
    answers = [document("a", "2027-01-15T09:00:00Z"), document("b", "2027-01-15T15:00:00Z")]
    with scripted(*answers) as server:
        environ = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role?x=1",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        }
        provider = Provider(environ, lambda: clock[0])
        assert provider.get() == provider.get()
        assert provider.get() == Credentials("a", "s", "t", now + 3600)
        clock[0] = now + 3400
        assert provider.get().access_key == "b"
        assert {asked.path for asked in server.asked} == {"/role?x=1"}
        assert server.asked[0].headers["Authorization"] == "secret"
        assert len(server.asked) == 2


def test_keys_in_the_environment_come_first() -> None:
    environ = {**KEYS, "AWS_SESSION_TOKEN": "t", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}
    assert Provider(environ).get() == Credentials("key", "secret", "t")


def test_a_container_without_credentials_says_so() -> None:
    with scripted(Said(404)) as server:
        provider = Provider({"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url})
        with pytest.raises(CredentialsError, match="status 404"):
            provider.get()


def secure(authority: Path, said: Said = FINE) -> Any:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    return scripted(said, tls=tls)


def test_the_given_authorities_are_trusted(authority: Path) -> None:
    with secure(authority) as server:
        url = server.url.replace("http:", "https:")
        certificate = str(authority.with_name("certificate.pem"))
        bucket = S3(client(variables={"AWS_CA_BUNDLE": certificate}), "us-east-1", url)
        assert bucket.get("bucket", "key", HTTPResponse.read) == b"content"
        bucket.put("bucket", "key", Bytes(b"x"), {})
        assert server.asked[1].headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def test_nobody_else_is_trusted(authority: Path) -> None:
    with secure(authority) as server:
        url = server.url.replace("http:", "https:")
        bucket = S3(client(), "us-east-1", url)
        with pytest.raises(AwsError, match="SSLCertVerificationError"):
            bucket.get("bucket", "key", HTTPResponse.read)


def test_a_proxy_is_used_where_one_is_set() -> None:
    with scripted(Said(418)) as proxy, scripted(FINE) as server:
        bucket = s3(server, http_proxy=proxy.url, no_proxy="example.com, .internal")
        with pytest.raises(AwsError, match=r"OSError: .*501"):
            bucket.get("bucket", "key", HTTPResponse.read)
        direct = s3(server, HTTP_PROXY=proxy.url, NO_PROXY="localhost,127.0.0.1")
        assert direct.get("bucket", "key", HTTPResponse.read) == b"content"


def test_only_s3_takes_content_without_a_hash(authority: Path) -> None:
    with secure(authority, Said(202)) as server:
        certificate = str(authority.with_name("certificate.pem"))
        one = client("lambda", variables={"AWS_CA_BUNDLE": certificate})
        url = server.url.replace("http:", "https:")
        Functions(one, "us-east-1", url).invoke_later("f", b"{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        assert server.asked[0].headers["x-amz-content-sha256"] == digest
