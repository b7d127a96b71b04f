"""What is downloaded is what S3 keeps, or a failure: one changed byte is noticed."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from scar_runtime.aws.checksums import new_hash
from scar_runtime.aws.s3 import S3
from scar_runtime.downloads import ATTEMPTS, PIECE
from scar_runtime.errors import StorageError
from scar_runtime.events import StoredObject
from scar_runtime.handler import Invocation
from scar_runtime.storage import Storage

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, stored
from tests.runtime.scripted import Said, scripted
from tests.runtime.test_aws import client
from tests.support.faults import Call, Fault, Plan, once
from tests.support.faulty_service import FaultyService, faulty_service

MIB = 1024 * 1024
PARTS = 5 * MIB
"""The smallest part that S3 takes, but for the last."""
SMALL, LARGE = 1000, 3 * PIECE + 17


@pytest.fixture
def service(bucket: Bucket) -> Iterator[FaultyService]:
    with faulty_service(bucket.cloud.endpoint) as running:
        yield running


def storage(service: FaultyService) -> Storage:
    return Storage(S3(client(), "us-east-1", service.url))


def content_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  (no secret)


def checksum(name: str, content: bytes) -> str:
    made = new_hash(name)
    made.update(content)
    return base64.b64encode(made.digest()).decode()


def put(bucket: Bucket, content: bytes, name: str | None, **options: Any) -> None:
    """Upload an object with a checksum of this kind only, or with none."""
    config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    with closing(plain_client(bucket, config)) as plain:
        if name:
            options[f"Checksum{name.upper()}"] = checksum(name, content)
        plain.put_object(Bucket=bucket.name, Key="key", Body=content, **options)


def plain_client(bucket: Bucket, config: Config) -> Any:
    return botocore.session.Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=bucket.cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def put_parts(bucket: Bucket, content: bytes, name: str | None, sizes: Sequence[int]) -> None:
    """Upload an object in parts of these sizes."""
    kind = {"ChecksumAlgorithm": name.upper()} if name else {}
    place = {"Bucket": bucket.name, "Key": "key"}
    upload = bucket.client.create_multipart_upload(**place, **kind)["UploadId"]
    parts, begin = [], 0
    for number, size in enumerate(sizes, start=1):
        part = content[begin : begin + size]
        facts = {f"Checksum{name.upper()}": checksum(name, part)} if name else {}
        answer = bucket.client.upload_part(
            **place, UploadId=upload, PartNumber=number, Body=part, **facts
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"], **facts})
        begin += size
    assert begin == len(content)
    bucket.client.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def download(service: FaultyService, bucket: Bucket, size: int, folder: Path) -> bytes:
    target = folder / "target"
    storage(service).download(StoredObject(bucket.name, "key", size=size), target)
    return target.read_bytes()


def flipping(times: int) -> Plan:
    """A byte is changed in so many contents, and then in none."""
    left = [Fault.FLIPPED] * times

    def plan(call: Call) -> Fault | None:
        return left.pop() if left and call.operation == "GetObject" else None

    return plan


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", ["crc32", "sha1", "sha256", "crc32c", "crc64nvme", None])
def test_a_changed_byte_is_fetched_again(
    bucket: Bucket, service: FaultyService, tmp_path: Path, name: str | None, size: int
) -> None:
    """Whatever checksum the uploader chose; without one, S3 keeps the MD5."""
    content = content_of(size)
    if name in ("crc32c", "crc64nvme"):
        content = content[: min(size, PIECE + 1)]  # the emulator takes a second a megabyte
    put(bucket, content, name)
    service.plan = flipping(1)
    assert download(service, bucket, len(content), tmp_path) == content
    assert [call.fault for call in service.befallen] == [Fault.FLIPPED]


@pytest.mark.parametrize("name", ["crc32", "sha256", "crc32c"])
@pytest.mark.parametrize(
    "sizes",
    [
        [SMALL],
        [PARTS, 1],
        [PIECE + PARTS],
        [PARTS, PARTS, PARTS],
        [PARTS, PIECE + 1, PARTS, 3],
    ],
    ids=["one small part", "two small parts", "one large part", "equal parts", "odd parts"],
)
def test_the_checksums_of_parts_are_compared_too(
    bucket: Bucket, service: FaultyService, tmp_path: Path, name: str, sizes: Sequence[int]
) -> None:
    if name == "crc32c":
        sizes = [min(size, 300_000) for size in sizes]  # the emulator takes a second a megabyte
    content = content_of(sum(sizes))
    put_parts(bucket, content, name, sizes)
    for faults in (0, 1):
        service.plan = flipping(faults)
        assert download(service, bucket, len(content), tmp_path) == content
    assert len(service.befallen) == 1


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_what_arrives_changed_again_and_again_is_a_failure(
    bucket: Bucket, service: FaultyService, tmp_path: Path, size: int
) -> None:
    put(bucket, content_of(size), "crc32")
    service.plan = flipping(1000)
    with pytest.raises(
        StorageError, match=f"s3://{bucket.name}/key arrived changed: crc32 .*, but S3 keeps crc32"
    ):
        download(service, bucket, size, tmp_path)
    fetched = 1 if size == SMALL else 4
    assert len(service.befallen) == fetched * ATTEMPTS


def test_nothing_can_be_said_of_an_encrypted_object_without_a_checksum(
    bucket: Bucket, service: FaultyService, tmp_path: Path
) -> None:
    """Its ETag is not its MD5; S3 itself gives every object a checksum."""
    put(bucket, content_of(SMALL), None, ServerSideEncryption="aws:kms", SSEKMSKeyId="key")
    assert download(service, bucket, SMALL, tmp_path) == content_of(SMALL)


@pytest.mark.parametrize("fault", [Fault.TRUNCATED, Fault.EMPTY_AFTER, Fault.EMBEDDED_AFTER])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("asked", ["HeadObject", "GetObject"])
def test_an_answer_with_another_content_is_asked_for_again(
    bucket: Bucket, service: FaultyService, tmp_path: Path, fault: Fault, size: int, asked: str
) -> None:
    put(bucket, content_of(size), "crc32")
    service.plan = once(fault, lambda call: call.operation == asked)
    assert download(service, bucket, size, tmp_path) == content_of(size)
    assert len(service.befallen) == (asked == "GetObject" or size == LARGE)


def test_a_longer_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    content = b"content"
    sum_of = {"x-amz-checksum-crc32": checksum("crc32", content), "ETag": '"e"'}
    with scripted(Said(200, b"something longer", sum_of), Said(200, content, sum_of)) as server:
        found = StoredObject("bucket", "key", size=len(content))
        Storage(S3(client(), "us-east-1", server.url)).download(found, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content


@pytest.mark.parametrize(
    "said",
    [
        Said(200, b"x" * PIECE, {"ETag": '"e"'}),
        Said(206, b"x", {"ETag": '"e"', "Content-Range": f"bytes 0-0/{2 * PIECE}"}),
    ],
    ids=["all of it", "another part"],
)
def test_a_service_that_answers_with_another_part_is_not_believed(
    said: Said, tmp_path: Path
) -> None:
    head = Said(200, b"", {"ETag": '"e"', "Content-Length": str(2 * PIECE)})
    with scripted(head, said) as server:
        found = StoredObject("bucket", "key", size=2 * PIECE)
        with pytest.raises(StorageError, match="another part than was asked for"):
            Storage(S3(client(), "us-east-1", server.url)).download(found, tmp_path / "x")


def test_a_service_without_parts_by_number_is_believed(tmp_path: Path) -> None:
    """Nobody can compare the checksum of parts that nobody knows."""
    sums = {"ETag": '"e"', "x-amz-checksum-crc32": "y/Q5Jg==-2"}
    answers = (Said(200, b"content", sums), Said(501), Said(200, b"never"))
    with scripted(*answers) as server:
        found = StoredObject("bucket", "key", size=7)
        Storage(S3(client(), "us-east-1", server.url)).download(found, tmp_path / "x")
        assert [asked.method for asked in server.asked] == ["GET", "HEAD"]


def test_a_small_object_costs_one_request_and_a_large_one_a_question(
    bucket: Bucket, service: FaultyService, tmp_path: Path
) -> None:
    for size in (SMALL, LARGE):
        put(bucket, content_of(size), "crc32")
        download(service, bucket, size, tmp_path)
    operations = [call.operation for call in service.calls]
    assert operations == ["GetObject", "HeadObject", *["GetObject"] * 4]


def test_a_changed_input_never_reaches_the_script(
    function: Callable[..., Function], bucket: Bucket
) -> None:
    made = function(COPY)
    event = stored(bucket, "in/a", b"content")
    with faulty_service(bucket.cloud.endpoint, flipping(1)) as service:
        runtime = made.runtime(AWS_ENDPOINT_URL=service.url)
        Invocation(runtime, Invoked()).handle(event)
    assert bucket.get("out/a") == b"content"


def test_a_changed_claim_is_read_again(function: Callable[..., Function], bucket: Bucket) -> None:
    made = function(COPY)
    event = stored(bucket, "in/a", b"content")
    Invocation(made.runtime(), Invoked()).handle(event)
    plan = once(Fault.FLIPPED, lambda call: "/claims/" in call.path and call.method == "GET")
    with faulty_service(bucket.cloud.endpoint, plan) as service:
        Invocation(made.runtime(AWS_ENDPOINT_URL=service.url), Invoked()).handle(event)
        assert len(service.befallen) == 1
    assert made.claims()[0]["state"] == "done"
