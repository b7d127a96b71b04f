"""The service with faults does to requests what its plan says, and nothing else."""

from __future__ import annotations

import http.client
import json
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from tests.runtime.cloud import Bucket
from tests.support.faults import ALL, Call, Fault, at, never, once, operation_of, seeded, table
from tests.support.faulty_service import FaultyService, faulty_service


def ask(
    service: FaultyService, method: str, path: str, body: bytes = b""
) -> tuple[int, bytes] | type[BaseException]:
    """What a plain client gets: status and content, or the kind of its fault."""
    with closing(http.client.HTTPConnection("127.0.0.1", service.server_port)) as connection:
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error)


def kind(answer: tuple[int, bytes] | type[BaseException]) -> Any:
    return answer if isinstance(answer, type) else (answer[0], b"<Error>" in answer[1])


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.RESET_BEFORE, ConnectionResetError),
        (Fault.RESET_AFTER, ConnectionResetError),
        (Fault.SILENCE_AFTER, http.client.RemoteDisconnected),
        (Fault.ERROR_BEFORE, (500, True)),
        (Fault.ERROR_AFTER, (500, True)),
        (Fault.SLOW_DOWN, (503, True)),
        (Fault.UNAVAILABLE_AFTER, (503, True)),
        (Fault.EMPTY_BEFORE, (200, False)),
        (Fault.EMPTY_AFTER, (200, False)),
        (Fault.EMBEDDED_BEFORE, (200, True)),
        (Fault.EMBEDDED_AFTER, (200, True)),
    ],
)
def test_a_write_meets_its_fault_before_or_after_it_is_carried_out(
    bucket: Bucket, fault: Fault, seen: Any
) -> None:
    with faulty_service(bucket.cloud.endpoint, at(1, fault)) as service:
        assert kind(ask(service, "PUT", f"/{bucket.name}/key", b"content")) == seen
        [call] = service.calls
        assert (call.operation, call.fault) == ("PutObject", fault)
        assert bucket.keys() == (["key"] if fault.is_applied else [])
        assert call.status == (200 if fault.is_applied else None)


def test_an_answer_is_cut_or_changed(bucket: Bucket) -> None:
    bucket.put("key", b"content")
    with faulty_service(bucket.cloud.endpoint) as service:
        service.plan = at(1, Fault.TRUNCATED)
        assert ask(service, "GET", f"/{bucket.name}/key") is http.client.IncompleteRead
        service.plan = at(2, Fault.FLIPPED)
        answer = ask(service, "GET", f"/{bucket.name}/key")
        assert isinstance(answer, tuple)
        status, content = answer
        different = [a != b for a, b in zip(content, b"content", strict=True)]
        assert (status, sum(different)) == (200, 1)
        assert ask(service, "GET", f"/{bucket.name}/key") == (200, b"content")


def test_an_answer_without_a_body_is_cut_in_its_head(bucket: Bucket) -> None:
    with faulty_service(bucket.cloud.endpoint, at(1, Fault.TRUNCATED)) as service:
        seen = ask(service, "PUT", f"/{bucket.name}/key", b"content")
        assert isinstance(seen, tuple)
        assert seen[1] == b""
    assert bucket.keys() == ["key"]


def test_signed_requests_pass_as_they_are(bucket: Bucket, authority: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    certificate = str(authority.with_name("certificate.pem"))
    with faulty_service(bucket.cloud.endpoint, tls=tls) as service:
        client = botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=service.url,
            verify=certificate,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )
        with closing(client):
            large = bytes(6 * 1024 * 1024)
            begun = client.create_multipart_upload(Bucket=bucket.name, Key="ü +")["UploadId"]
            facts = {"Bucket": bucket.name, "Key": "ü +", "UploadId": begun}
            etag = client.upload_part(**facts, PartNumber=1, Body=large)["ETag"]
            parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
            client.complete_multipart_upload(**facts, MultipartUpload=parts)
            assert client.head_object(Bucket=bucket.name, Key="ü +")["ContentLength"] == len(large)
            assert client.get_object(Bucket=bucket.name, Key="ü +")["Body"].read() == large
        assert [call.operation for call in service.calls] == [
            *("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
            *("HeadObject", "GetObject"),
        ]


def test_a_fault_may_wait_for_its_request(bucket: Bucket) -> None:
    plan = once(Fault.ERROR_BEFORE, lambda call: call.path.endswith("/b"))
    with faulty_service(bucket.cloud.endpoint, plan) as service:
        for key in ("a", "b", "b"):
            ask(service, "PUT", f"/{bucket.name}/{key}")
        faults = [(call.path[-1], call.occurrence, call.fault) for call in service.calls]
        assert faults == [("a", 1, None), ("b", 1, Fault.ERROR_BEFORE), ("b", 2, None)]
        assert json.loads(table(service.calls)) == {"PutObject": {"none": 2, "500 before": 1}}


def calls(*numbers: int) -> list[Call]:
    return [Call(n, "PutObject", "PUT", f"/b/{n}", "", 1) for n in numbers]


def test_a_seed_gives_the_same_faults_in_whatever_order_requests_come() -> None:
    plan = seeded(7, 0.3)
    fates = {call.path: plan(call) for call in calls(*range(1000))}
    again = {call.path: plan(call) for call in calls(*reversed(range(1000)))}
    assert fates == again
    assert set(fates.values()) == {*ALL, None}
    assert 250 < sum(fate is not None for fate in fates.values()) < 350
    other = seeded(8, 0.3)
    assert fates != {call.path: other(call) for call in calls(*range(1000))}


def test_a_plan_may_spare_requests() -> None:
    plan = seeded(7, 1, (Fault.SLOW_DOWN,), lambda call: call.number > 2)
    assert Counter(map(plan, calls(1, 2, 3))) == {None: 2, Fault.SLOW_DOWN: 1}
    plan = never
    assert Counter(map(plan, calls(1))) == {None: 1}


@pytest.mark.parametrize(
    ("method", "target", "headers", "operation"),
    [
        ("GET", "/b/k?partNumber=1", {}, "GetObject"),
        ("GET", "/b?list-type=2", {}, "GetBucket"),
        ("GET", "/b?uploads&prefix=k", {}, "ListMultipartUploads"),
        ("GET", "/b/k?uploadId=u", {}, "ListParts"),
        ("DELETE", "/b/k?uploadId=u", {}, "AbortMultipartUpload"),
        ("POST", "/v1/submitjob", {"content-type": "application/json"}, "SubmitJob"),
        ("POST", "/2015-03-31/functions/f/invocations", {}, "Invoke"),
        ("POST", "/", {"x-amz-target": "secretsmanager.GetSecretValue"}, "GetSecretValue"),
    ],
)
def test_operations_have_the_names_that_aws_gives_them(
    method: str, target: str, headers: dict[str, str], operation: str
) -> None:
    assert operation_of(method, target, headers) == operation


def test_many_requests_at_once_are_all_counted(bucket: Bucket) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with faulty_service(bucket.cloud.endpoint) as service:
        put: Callable[[int], Any] = lambda n: ask(service, "PUT", f"/{bucket.name}/{n}")  # noqa: E731
        with ThreadPoolExecutor(16) as pool:
            assert {status for status, _ in pool.map(put, range(100))} == {200}
        assert [call.number for call in service.calls] == list(range(1, 101))
    assert len(bucket.keys()) == 100
