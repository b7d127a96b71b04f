"""Objects of S3, and of services that speak its protocol."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import TypeVar

from scar_runtime.aws.answers import RefusedError, element, etag
from scar_runtime.aws.checksums import ASKED, Crc32, expected, require_content
from scar_runtime.aws.client import Client
from scar_runtime.aws.endpoints import bucket_address
from scar_runtime.aws.errors import UnreadableError
from scar_runtime.aws.request import NOTHING, Body, Bytes, Request

META = "x-amz-meta-"
_ELSEWHERE = (301, 307, 400)
_UNTOLD = ("400", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
"""The codes, among those of status 400, of a request to the wrong region; of a HEAD request, whose
answer has no body, there is no other code than the status."""
NO_HEADERS: Mapping[str, str] = {}

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """A part of a multipart upload that the service has taken."""

    etag: str
    checksum: str


@dataclass(frozen=True)
class _Wanted:
    """A request, wherever its bucket is."""

    method: str
    bucket: str
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = NOTHING
    repeatable: bool = True


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

    def pause(self, attempt: int) -> None:
        """Wait as between two attempts of one request, counted from 1."""
        self._client.pause(attempt)

    def get(
        self,
        bucket: str,
        key: str,
        receive: Callable[[HTTPResponse], T],
        *,
        version: str | None = None,
        part: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> T:
        """Read an object, with a Range header or a part's number a part of it."""

        def receive_whole(answer: HTTPResponse) -> T:
            etag(answer)
            if answer.length is None and not answer.chunked:
                raise UnreadableError("an answer without an end")
            return receive(answer)

        wanted = _Wanted("GET", bucket, key, _which(version, part), headers)
        return self._send(wanted, receive_whole)

    def head(
        self,
        bucket: str,
        key: str,
        *,
        version: str | None = None,
        part: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, str]:
        """The headers of an object, their names in small letters."""

        def receive(answer: HTTPResponse) -> dict[str, str]:
            etag(answer)
            return headers_of(answer)

        wanted = _Wanted("HEAD", bucket, key, _which(version, part), headers)
        return self._send(wanted, receive)

    def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        """The content of a small object, as its checksum says, and its ETag."""

        def receive(answer: HTTPResponse) -> tuple[bytes, str]:
            content, headers = answer.read(), headers_of(answer)
            require_content(expected(headers), content)
            return content, etag(answer)

        return self.get(bucket, key, receive, headers=ASKED)

    def put(
        self,
        bucket: str,
        key: str,
        body: Body,
        headers: Mapping[str, str],
        *,
        repeatable: bool = True,
    ) -> str:
        """Write an object; gives its ETag. S3 compares the checksum with what arrives."""
        headers = {**headers, "x-amz-checksum-crc32": checksum(body)}
        wanted = _Wanted("PUT", bucket, key, {}, headers, body, repeatable)
        return self._send(wanted, etag)

    def begin_upload(self, bucket: str, key: str, headers: Mapping[str, str]) -> str:
        """Begin a multipart upload; gives its id. It is not repeated where there may be one."""
        headers = {**headers, "x-amz-checksum-algorithm": "CRC32"}
        wanted = _Wanted("POST", bucket, key, {"uploads": ""}, headers, repeatable=False)
        return self._send(
            wanted, lambda answer: element(answer, "InitiateMultipartUploadResult", "UploadId")
        )

    def put_part(self, bucket: str, key: str, upload: str, number: int, body: Body) -> Part:
        """Send part `number`, counted from 1."""
        sent = checksum(body)
        query = {"partNumber": str(number), "uploadId": upload}
        wanted = _Wanted("PUT", bucket, key, query, {"x-amz-checksum-crc32": sent}, body)
        return Part(self._send(wanted, etag), sent)

    def end_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """Make the object of its parts; only now it exists. It is not repeated where it may."""
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{part.etag}</ETag>"
            f"<ChecksumCRC32>{part.checksum}</ChecksumCRC32></Part>"
            for number, part in enumerate(parts, start=1)
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        body, query = Bytes(document.encode()), {"uploadId": upload}
        wanted = _Wanted("POST", bucket, key, query, headers, body, repeatable=False)
        self._send(wanted, lambda answer: element(answer, "CompleteMultipartUploadResult", "ETag"))

    def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        self._send(_Wanted("DELETE", bucket, key, {"uploadId": upload}), HTTPResponse.read)

    def uploads(self, bucket: str, key: str) -> list[tuple[str, float]]:
        """The ids of the unfinished uploads of one key, and how many seconds ago each began.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html: those of the
        shortest key come first, up to 1,000.
        """
        from scar_runtime.aws.unfinished import uploads_of

        query = {"uploads": "", "prefix": key, "encoding-type": "url"}
        wanted = _Wanted("GET", bucket, query=query)
        return self._send(wanted, lambda answer: uploads_of(answer, key))

    def listed(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        """All keys that start with `prefix`, in order, with the times at which they were written
        (ISO 8601), a page of 1,000 at a time.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        from scar_runtime.aws.listing import page_of

        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
        following: str | None = ""
        while following is not None:
            more = {"continuation-token": following} if following else {}
            wanted = _Wanted("GET", bucket, query={**query, **more})
            page, following = self._send(wanted, page_of)
            yield from page

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no fault."""
        self._send(_Wanted("DELETE", bucket, key), HTTPResponse.read)

    def _send(self, wanted: _Wanted, receive: Callable[[HTTPResponse], T]) -> T:
        """Ask where we think the bucket is, and once more where S3 says it is."""
        region = self._regions.get(wanted.bucket, self._region)
        try:
            return self._ask(region, wanted, receive)
        except RefusedError as refused:
            if refused.status not in _ELSEWHERE:
                raise
            found = refused.region
            if not found and (refused.status != 400 or refused.code in _UNTOLD):
                found = self._region_of(wanted.bucket, region)
            if not found or found == region:
                raise
            self._regions[wanted.bucket] = found
        return self._ask(found, wanted, receive)

    def _region_of(self, bucket: str, region: str) -> str | None:
        """Where the bucket is. S3 says so also to those whom it refuses the rest."""

        def receive(answer: HTTPResponse) -> str | None:
            return answer.getheader("x-amz-bucket-region")

        try:
            return self._ask(region, _Wanted("HEAD", bucket), receive)
        except RefusedError as refused:
            return refused.region

    def _ask(self, region: str, wanted: _Wanted, receive: Callable[[HTTPResponse], T]) -> T:
        place, path = bucket_address(wanted.bucket, region, self._endpoint_url)
        request = Request(
            wanted.method,
            place,
            path + wanted.key if wanted.key else path.rstrip("/") or "/",
            wanted.query,
            wanted.headers,
            wanted.body,
            wanted.repeatable,
        )
        return self._client.send(request, region, receive)


def _which(version: str | None, part: int | None) -> dict[str, str]:
    query = {"versionId": version} if version else {}
    if part:
        query["partNumber"] = str(part)
    return query


def checksum(body: Body) -> str:
    """The CRC-32 as S3 writes it."""
    value = Crc32()
    for block in body.blocks():
        value.update(block)
    return base64.b64encode(value.digest()).decode()


def headers_of(answer: HTTPResponse) -> dict[str, str]:
    """Of an answer, their names in small letters."""
    return {name.lower(): value for name, value in answer.getheaders()}


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    return {META + name: value for name, value in metadata.items()}


def metadata_of(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(META): value for name, value in headers.items() if name.startswith(META)
    }
