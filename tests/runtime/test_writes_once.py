"""Each output is written once, also where the answer to its write is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Body, Request
from scar_runtime.aws.s3 import S3, Part
from scar_runtime.aws.sender import ATTEMPTS
from scar_runtime.errors import StorageError
from scar_runtime.storage import Storage

from tests.runtime.cloud import Bucket, opened
from tests.runtime.scripted import SILENCE, Said, scripted
from tests.runtime.test_aws import client
from tests.support.faults import ALL, Call, Fault, Plan, once
from tests.support.faulty_service import FaultyService, faulty_service

T = TypeVar("T")
MIB = 1024 * 1024
METADATA = {"scar-claim": "claim", "scar-request-id": "id"}
CONTENT = b"content"
LARGE = b"large" * (4 * MIB)
"""Of three parts."""
WRITES = [fault for fault in ALL if fault is not Fault.FLIPPED]
PARTS = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")


@pytest.fixture
def versioned(bucket: Bucket) -> Bucket:
    return bucket.versioned()


@pytest.fixture
def service(bucket: Bucket) -> Iterator[FaultyService]:
    with faulty_service(bucket.cloud.endpoint) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


def storage(service: FaultyService, warnings: list[str] | None = None) -> Storage:
    warn = (warnings if warnings is not None else []).append
    return Storage(S3(client(), "us-east-1", service.url), warn=warn)


def uploads(bucket: Bucket) -> list[str]:
    """The keys of uploads that nobody has ended."""
    answer = bucket.client.list_multipart_uploads(Bucket=bucket.name)
    return [upload["Key"] for upload in answer.get("Uploads", ())]


def asked(service: FaultyService) -> list[str]:
    return [call.operation for call in service.calls]


@pytest.mark.parametrize("fault", WRITES)
def test_a_small_output_is_written_once(
    versioned: Bucket, service: FaultyService, file: Path, fault: Fault
) -> None:
    service.plan = once(fault, lambda call: call.operation == "PutObject")
    storage(service).upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"]
    assert versioned.get("key") == CONTENT
    again = [] if fault.is_applied else ["PutObject"]
    assert asked(service) == ["PutObject", "HeadObject", *again]


@pytest.mark.parametrize("operation", PARTS)
@pytest.mark.parametrize("fault", WRITES)
def test_an_output_in_parts_is_written_once_and_leaves_nothing(
    versioned: Bucket, service: FaultyService, large: Path, fault: Fault, operation: str
) -> None:
    service.plan = once(fault, lambda call: call.operation == operation)
    warnings: list[str] = []
    storage(service, warnings).upload(large, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"]
    assert versioned.get("key") == LARGE
    assert uploads(versioned) == []
    assert warnings == []
    assert len(service.befallen) == 1


def test_a_write_without_a_fault_asks_nothing(
    versioned: Bucket, service: FaultyService, file: Path, large: Path
) -> None:
    storage(service).upload(file, versioned.name, "small", METADATA)
    storage(service).upload(large, versioned.name, "large", METADATA)
    assert asked(service) == [
        *("PutObject", "CreateMultipartUpload", "UploadPart", "UploadPart", "UploadPart"),
        "CompleteMultipartUpload",
    ]


def repeated(fault: Fault, times: int, matches: Callable[[Call], bool]) -> Plan:
    left = [fault] * times

    def plan(call: Call) -> Fault | None:
        return left.pop() if left and matches(call) else None

    return plan


@pytest.mark.parametrize("path", ["file", "large"])
def test_answers_that_are_lost_for_ever_are_a_failure_of_one_write(
    versioned: Bucket,
    service: FaultyService,
    request: pytest.FixtureRequest,
    path: str,
) -> None:
    """Nothing can be asked either: then the caller has to find out later."""
    end = {"file": "PutObject", "large": "CompleteMultipartUpload"}[path]
    lost = ("HeadObject", end)
    service.plan = repeated(Fault.RESET_AFTER, 1000, lambda call: call.operation in lost)
    store, file = storage(service), request.getfixturevalue(path)
    with pytest.raises(StorageError, match=f"cannot write s3://{versioned.name}/key: "):
        store.upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"]
    service.plan = lambda _: None
    assert store.holds(file, versioned.name, "key", ("scar-claim", "claim"))


def test_the_last_answer_may_be_lost_too(
    versioned: Bucket, service: FaultyService, file: Path
) -> None:
    plans = iter([*[Fault.ERROR_BEFORE] * (ATTEMPTS - 1), Fault.RESET_AFTER])
    service.plan = lambda call: next(plans) if call.operation == "PutObject" else None
    storage(service).upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"]


def test_another_s_object_is_no_proof_and_is_written_over(
    versioned: Bucket, service: FaultyService, file: Path
) -> None:
    """The same content of another input, and another content of the same claim."""
    versioned.put("key", CONTENT, Metadata={**METADATA, "scar-claim": "other"})
    service.plan = once(Fault.RESET_BEFORE, lambda call: call.operation == "PutObject")
    storage(service).upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"] * 2
    versioned.put("key", b"Content", Metadata=METADATA)
    service.plan = once(Fault.RESET_BEFORE, lambda call: call.operation == "PutObject")
    storage(service).upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"] * 4
    assert versioned.get("key") == CONTENT


@pytest.mark.parametrize("path", ["file", "large"])
@pytest.mark.parametrize("before", [False, True], ids=["nothing there", "an older one there"])
def test_a_write_that_takes_effect_late_is_noticed(
    versioned: Bucket,
    service: FaultyService,
    request: pytest.FixtureRequest,
    path: str,
    before: bool,
) -> None:
    """S3 carries the lost request out just after it was asked what is there."""
    if before:
        versioned.put("key", b"older")
    file = request.getfixturevalue(path)
    end = {"file": "PutObject", "large": "CompleteMultipartUpload"}[path]
    service.plan = once(Fault.RESET_BEFORE, lambda call: call.operation == end)
    store = storage(service)

    class Late(S3):
        def head(self, *arguments: object, **options: object) -> dict[str, str]:
            try:
                return super().head(*arguments, **options)  # type: ignore[arg-type]
            finally:
                if not late:
                    late.append(True)
                    versioned.put("key", file.read_bytes(), Metadata=METADATA)

    late: list[bool] = []
    store = Storage(Late(client(), "us-east-1", service.url))
    store.upload(file, versioned.name, "key", METADATA)
    assert versioned.versions() == ["key"] * (2 if before else 1)
    assert uploads(versioned) == []


class Blind(Client):
    """May not read what is in the bucket, as with a role of the user's own."""

    def send(self, request: Request, region: str, receive: Callable[[HTTPResponse], T]) -> T:
        if request.method == "HEAD":
            raise AwsError("403", "", 403)
        return super().send(request, region, receive)


def blind(service: FaultyService) -> Storage:
    environ = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    made = Blind("s3", Provider(environ), opened(environ), sleep=lambda _: None)
    return Storage(S3(made, "us-east-1", service.url))


@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.RESET_AFTER])
@pytest.mark.parametrize("before", [False, True], ids=["nothing there", "an older one there"])
def test_who_may_not_look_writes_again(
    versioned: Bucket, service: FaultyService, file: Path, fault: Fault, before: bool
) -> None:
    if before:
        versioned.put("key", b"older")
    service.plan = once(fault, lambda call: call.operation == "PutObject")
    blind(service).upload(file, versioned.name, "key", METADATA)
    assert versioned.get("key") == CONTENT
    assert len(versioned.versions()) == before + 1 + fault.is_applied


def test_an_upload_that_somebody_aborted_begins_again(
    versioned: Bucket, service: FaultyService, large: Path
) -> None:
    """As a run does that writes the same key, and as a lifecycle rule may."""

    class Aborted(S3):
        def put_part(self, bucket: str, key: str, upload: str, number: int, body: Body) -> Part:
            if not done:
                done.append(upload)
                versioned.client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
            return super().put_part(bucket, key, upload, number, body)

    done: list[str] = []
    made = Aborted(client(), "us-east-1", service.url)
    Storage(made).upload(large, versioned.name, "key", METADATA)
    assert versioned.get("key") == LARGE
    assert versioned.versions() == ["key"]
    assert uploads(versioned) == []


def test_only_what_this_very_run_began_is_aborted(
    versioned: Bucket, service: FaultyService, large: Path
) -> None:
    for key in ("key.more", "other"):
        versioned.client.create_multipart_upload(Bucket=versioned.name, Key=key)
    service.plan = once(Fault.RESET_AFTER, lambda call: call.operation == PARTS[0])
    storage(service).upload(large, versioned.name, "key", METADATA)
    assert sorted(uploads(versioned)) == ["key.more", "other"]


@pytest.mark.parametrize("key", ["a b+c&<d>", "ü/%25", "'\"~"])
def test_an_orphan_is_found_whatever_its_key(
    versioned: Bucket, service: FaultyService, large: Path, key: str
) -> None:
    service.plan = once(Fault.RESET_AFTER, lambda call: call.operation == PARTS[0])
    storage(service).upload(large, versioned.name, key, METADATA)
    assert uploads(versioned) == []


LISTED = """<?xml version="1.0"?><ListMultipartUploadsResult><EncodingType>url</EncodingType>
<Upload><Key>a%20b%2B%26</Key><UploadId>new</UploadId><Initiator><ID>x</ID></Initiator>
<Initiated>2026-11-23T06:00:00.000Z</Initiated></Upload>
<Upload><Key>a+b%2B%26</Key><UploadId>old</UploadId><Initiated>2026-11-23T05:00:00.000Z</Initiated>
</Upload><Upload><Key>a%20b%2B%26c</Key><UploadId>other</UploadId>
<Initiated>2026-11-23T06:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>"""


def test_uploads_are_listed_with_their_age_by_the_service_s_own_clock() -> None:
    date = {"Date": "Mon, 23 Nov 2026 06:00:07 GMT"}
    with scripted(Said(200, LISTED.encode(), date)) as server:
        found = S3(client(), "us-east-1", server.url).uploads("bucket", "a b+&")
        assert server.asked[0].path == "/bucket?encoding-type=url&prefix=a%20b%2B%26&uploads="
    assert found == [("new", 7.0), ("old", 3607.0)]


def test_what_may_be_left_is_told_where_uploads_cannot_be_listed(large: Path) -> None:
    root = b"InitiateMultipartUploadResult"
    begun = Said(200, b"<%s><UploadId>id</UploadId></%s>" % (root, root))
    ended = b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
    part, denied = Said(200, b"", {"ETag": '"e"'}), Said(403, b"<Code>AccessDenied</Code>")
    with scripted(SILENCE, begun, denied, part, part, part, Said(200, ended)) as server:
        warnings: list[str] = []
        storage_there = Storage(S3(client(), "us-east-1", server.url), warn=warnings.append)
        storage_there.upload(large, "bucket", "key", METADATA)
    [warning] = warnings
    assert "an unfinished upload of bucket/key may be left" in warning
    assert "AccessDenied" in warning
    assert "AbortIncompleteMultipartUpload" in warning


def test_a_beginning_that_is_never_confirmed_leaves_nothing(
    versioned: Bucket, service: FaultyService, large: Path
) -> None:
    service.plan = lambda call: Fault.EMPTY_AFTER if call.operation == PARTS[0] else None
    with pytest.raises(StorageError, match="BadAnswer"):
        storage(service).upload(large, versioned.name, "key", METADATA)
    assert uploads(versioned) == []
    assert versioned.versions() == []


def checksum_of(said: Mapping[str, str]) -> Sequence[Said]:
    return [SILENCE, Said(200, b"", {"ETag": '"e"', "Content-Length": "7", **said})]


@pytest.mark.parametrize(
    ("said", "is_ours"),
    [
        ({"x-amz-checksum-crc32": "/sUwqQ=="}, True),
        ({"x-amz-checksum-crc32": "/sUwqA=="}, False),
        ({"ETag": '"9a0364b9e99bb480dd25e1f0284c8555"'}, True),
        ({}, False),
        ({"x-amz-checksum-crc32": "/sUwqQ==", "x-amz-meta-scar-claim": "other"}, False),
        ({"x-amz-checksum-crc32": "/sUwqQ==", "Content-Length": "8"}, False),
        ({"x-amz-checksum-crc32": "/sUwqQ==-2"}, False),
    ],
    ids=["crc", "other crc", "md5", "nothing", "other claim", "other size", "other parts"],
)
def test_an_object_is_ours_by_its_marks_and_its_content(
    file: Path, said: Mapping[str, str], is_ours: bool
) -> None:
    marks = {f"x-amz-meta-{name}": value for name, value in METADATA.items()}
    with scripted(*checksum_of({**marks, **said}), Said(200, b"", {"ETag": '"n"'})) as server:
        Storage(S3(client(), "us-east-1", server.url)).upload(file, "b", "k", METADATA)
        methods = [one.method for one in server.asked]
        assert methods == (["PUT", "HEAD"] if is_ours else ["PUT", "HEAD", "PUT"])
        if not is_ours:
            assert server.asked[2].headers["If-Match"] == said.get("ETag", '"e"')
