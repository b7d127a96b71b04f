"""Objects of S3, and of services that speak its protocol."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

from scar_runtime.aws.client import NOTHING, Body, Bytes, Client, RefusedError, Request
from scar_runtime.aws.endpoints import bucket_address
from scar_runtime.aws.errors import AwsError

BLOCK = 256 * 1024
META = "x-amz-meta-"
_UPLOAD = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_ELSEWHERE = (301, 307, 400)

T = TypeVar("T")


@dataclass(frozen=True)
class FileSlice:
    """A part of a file, read as it is sent."""

    path: Path
    begin: int
    size: int

    def blocks(self) -> Iterator[bytes]:
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.begin)
            rest = self.size
            while rest and (block := file.read(min(BLOCK, rest))):
                rest -= len(block)
                yield block


@dataclass(frozen=True)
class Part:
    """A part of a multipart upload that the service has taken."""

    etag: str
    checksum: str


class S3:
    """Requests for objects. Raises `AwsError`. Safe for threads."""

    def __init__(self, client: Client, region: str, endpoint_url: str | None) -> None:
        self._client = client
        self._region = region
        self._endpoint_url = endpoint_url
        self._regions: dict[str, str] = {}

    def in_region(self, region: str) -> S3:
        """The same service as the same principal, beginning in another region."""
        return S3(self._client, region, self._endpoint_url)

    def get(
        self,
        bucket: str,
        key: str,
        receive: Callable[[HTTPResponse], T],
        *,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Read an object, or with a Range header a part of it."""
        query = {"versionId": version} if version else {}
        return self._send("GET", bucket, key, receive, query, headers or {})

    def head(
        self, bucket: str, key: str, headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The headers of an object, their names in small letters."""

        def receive(answer: HTTPResponse) -> dict[str, str]:
            return {name.lower(): value for name, value in answer.getheaders()}

        return self._send("HEAD", bucket, key, receive, {}, headers or {})

    def put(self, bucket: str, key: str, body: Body, headers: Mapping[str, str]) -> str:
        """Write an object; gives its ETag. S3 compares the checksum with what arrives."""
        headers = {**headers, "x-amz-checksum-crc32": checksum(body)}
        return self._send("PUT", bucket, key, _etag, {}, headers, body)

    def begin_upload(self, bucket: str, key: str, headers: Mapping[str, str]) -> str:
        """Begin a multipart upload; gives its id."""
        headers = {**headers, "x-amz-checksum-algorithm": "CRC32"}
        answer = self._send("POST", bucket, key, HTTPResponse.read, {"uploads": ""}, headers)
        found = _UPLOAD.search(answer)
        if not found:
            raise AwsError("BadAnswer", "a multipart upload without an id")
        return found[1].decode()

    def put_part(self, bucket: str, key: str, upload: str, number: int, body: Body) -> Part:
        """Send part `number`, counted from 1."""
        sent = checksum(body)
        query = {"partNumber": str(number), "uploadId": upload}
        headers = {"x-amz-checksum-crc32": sent}
        return Part(self._send("PUT", bucket, key, _etag, query, headers, body), sent)

    def end_upload(self, bucket: str, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Make the object of its parts; only now it exists."""
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{part.etag}</ETag>"
            f"<ChecksumCRC32>{part.checksum}</ChecksumCRC32></Part>"
            for number, part in enumerate(parts, start=1)
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        body = Bytes(document.encode())
        answer = self._send("POST", bucket, key, HTTPResponse.read, {"uploadId": upload}, {}, body)
        if b"<Error>" in answer:  # S3 begins its answer with 200 before it knows the end
            raise AwsError("InternalError", answer.decode("utf-8", "replace"))

    def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        self._send("DELETE", bucket, key, HTTPResponse.read, {"uploadId": upload}, {})

    def _send(
        self,
        method: str,
        bucket: str,
        key: str,
        receive: Callable[[HTTPResponse], T],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Body = NOTHING,
    ) -> T:
        """Ask where we think the bucket is, and once more where S3 says it is."""
        region = self._regions.get(bucket, self._region)
        try:
            return self._ask(region, method, bucket, key, receive, query, headers, body)
        except RefusedError as refused:
            told = refused.headers["x-amz-bucket-region"]
            if refused.status not in _ELSEWHERE or not told or told == region:
                raise
            self._regions[bucket] = told
        return self._ask(told, method, bucket, key, receive, query, headers, body)

    def _ask(
        self,
        region: str,
        method: str,
        bucket: str,
        key: str,
        receive: Callable[[HTTPResponse], T],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Body,
    ) -> T:
        place, path = bucket_address(bucket, region, self._endpoint_url)
        request = Request(method, place, path + key, query, headers, body)
        return self._client.send(request, region, receive)


def checksum(body: Body) -> str:
    """The CRC-32 as S3 writes it."""
    return base64.b64encode(_crc32(body)).decode()


def composite_checksum(parts: Iterable[Body]) -> str:
    """The checksum that S3 keeps of an object in parts: of the parts' checksums, and their number.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    each = [_crc32(part) for part in parts]
    return f"{checksum(Bytes(b''.join(each)))}-{len(each)}"


def _crc32(body: Body) -> bytes:
    value = 0
    for block in body.blocks():
        value = zlib.crc32(block, value)
    return value.to_bytes(4, "big")


def _etag(answer: HTTPResponse) -> str:
    return answer.getheader("ETag") or ""


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    return {META + name: value for name, value in metadata.items()}


def metadata_of(answer: HTTPResponse) -> dict[str, str]:
    return {
        name.lower().removeprefix(META): value
        for name, value in answer.getheaders()
        if name.lower().startswith(META)
    }
