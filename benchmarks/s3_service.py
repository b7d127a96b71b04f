"""A small S3 (and SubmitJob) with a known time per request: s3_service.py PORT SECONDS [RATE].

RATE is how many bytes a second all answers together bring at most.

Keeps objects in memory and answers in well under a millisecond, so that what is measured is the
client and the given latency, not the service. Speaks what clients of objects need: GET (ranges,
conditions), HEAD, PUT (conditions), multipart uploads, lists of keys. An object that came in one
piece has its MD5 as its ETag and the checksum that was sent with it, as in S3. Signatures are not
checked.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import math
import re
import sys
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

SUBMITTED = b'{"jobId": "b2c1f6f0-0000-4000-8000-000000000000", "jobName": "job"}'
STREAM_BYTES = 1 << 20
PAGE = 1000
WRITTEN = "<LastModified>2026-11-23T06:00:00.000Z</LastModified>"
PART_XML = re.compile(rb"<PartNumber>(\d+)</PartNumber>")


@dataclass(frozen=True)
class Stored:
    content: memoryview
    etag: str
    metadata: dict[str, str]
    checksums: dict[str, str]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes | bytearray


@dataclass(frozen=True)
class Answer:
    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | memoryview = b""


class Service:
    """All buckets; any bucket exists."""

    def __init__(self) -> None:
        self._objects: dict[str, Stored] = {}
        self._sorted: list[str] = []
        self._uploads: dict[str, dict[int, bytes | bytearray]] = {}
        self._numbers = itertools.count(1)
        self.requests = 0

    def answer(self, request: Request) -> Answer:
        self.requests += 1
        if request.method == "PUT" and "uploadId" in request.query:
            return self._put_part(request)
        if request.method == "PUT":
            return self._put(request)
        if request.path == "/v1/submitjob":
            return Answer(HTTPStatus.OK, {"Content-Type": "application/json"}, SUBMITTED)
        if request.method == "POST":
            return self._post(request)
        return self._get(request)

    def _put(self, request: Request) -> Answer:
        found = self._objects.get(request.path)
        if "if-none-match" in request.headers and found:
            return error(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
        if not matches(request, found):
            return error(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
        etag = f'"{hashlib.md5(request.body, usedforsecurity=False).hexdigest()}"'
        content, prefix = memoryview(request.body), "x-amz-checksum-"
        checksums = {k: v for k, v in request.headers.items() if k.startswith(prefix)}
        self._store(request, content, etag, checksums)
        return Answer(HTTPStatus.OK, {"ETag": etag})

    def _put_part(self, request: Request) -> Answer:
        [number], [upload] = request.query["partNumber"], request.query["uploadId"]
        self._uploads[upload][int(number)] = request.body
        return Answer(HTTPStatus.OK, {"ETag": f'"part-{number}"'})

    def _post(self, request: Request) -> Answer:
        if "uploads" in request.query:
            upload = f"upload-{next(self._numbers)}"
            self._uploads[upload] = {}
            root = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId>"
            return Answer(HTTPStatus.OK, {}, f"{root}</InitiateMultipartUploadResult>".encode())
        parts = self._uploads.pop(request.query["uploadId"][0])
        numbers = [int(number) for number in PART_XML.findall(bytes(request.body))]
        content = bytearray().join(parts[number] for number in numbers)
        etag = f'"{next(self._numbers):032x}-{len(numbers)}"'
        self._store(request, memoryview(content), etag, {})
        text = f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
        return Answer(HTTPStatus.OK, {}, text.encode())

    def _store(
        self, request: Request, content: memoryview, etag: str, checksums: dict[str, str]
    ) -> None:
        prefix = "x-amz-meta-"
        metadata = {k: v for k, v in request.headers.items() if k.startswith(prefix)}
        if request.path not in self._objects:
            insort(self._sorted, request.path)
        self._objects[request.path] = Stored(content, etag, metadata, checksums)

    def _list(self, request: Request) -> Answer:
        """A page of a list of keys (ListObjectsV2)."""
        start = f"{request.path.rstrip('/')}/"
        prefix = start + request.query["prefix"][0]
        after = request.query.get("continuation-token", [""])[0]
        first = max(bisect_left(self._sorted, prefix), bisect_right(self._sorted, start + after))
        end = bisect_left(self._sorted, prefix + "\U0010ffff")
        page = [path.removeprefix(start) for path in self._sorted[first : min(first + PAGE, end)]]
        texts = (f"<Contents><Key>{key}</Key>{WRITTEN}</Contents>" for key in page)
        more = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" * (first + PAGE < end)
        body = f"<ListBucketResult>{''.join(texts)}{more}</ListBucketResult>"
        return Answer(HTTPStatus.OK, {}, body.encode())

    def _get(self, request: Request) -> Answer:
        if "list-type" in request.query:
            return self._list(request)
        found = self._objects.get(request.path)
        if found is None:
            return error(HTTPStatus.NOT_FOUND, "NoSuchKey")
        if not matches(request, found):
            return error(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed")
        headers = {"ETag": found.etag, "Accept-Ranges": "bytes", **found.metadata}
        headers["Last-Modified"] = "Mon, 23 Nov 2026 06:00:00 GMT"
        if "x-amz-checksum-mode" in request.headers:
            headers |= found.checksums
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if not wanted:
            return Answer(HTTPStatus.OK, headers, found.content)
        begin, size = int(wanted[1]), len(found.content)
        end = min(int(wanted[2] or size), size - 1) + 1
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
        return Answer(HTTPStatus.PARTIAL_CONTENT, headers, found.content[begin:end])


def matches(request: Request, found: Stored | None) -> bool:
    wanted = request.headers.get("if-match")
    return wanted is None or (found is not None and found.etag == wanted)


def error(status: HTTPStatus, code: str) -> Answer:
    return Answer(status, {}, f"<Error><Code>{code}</Code></Error>".encode())


class Pace:
    """Holds answers back so that together they bring at most so many bytes a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    async def keep(self, size: int) -> None:
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + size / self._rate
        await asyncio.sleep(self._free - now)


async def serve(port: int, seconds: float, rate: float) -> None:
    service, pace = Service(), Pace(rate)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request = await read(head, reader, writer)
                await asyncio.sleep(seconds)
                await write(request, service.answer(request), writer, pace)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=STREAM_BYTES)
    async with server:
        await server.serve_forever()


async def read(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    if "100-continue" in headers.get("expect", "").lower():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    size = int(headers.get("content-length", 0))
    body = bytearray(size)
    view, done = memoryview(body), 0
    while done < size:
        data = await reader.read(min(STREAM_BYTES, size - done))
        view[done : done + len(data)] = data
        done += len(data)
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    return Request(method, unquote(url.path), query, headers, body)


async def write(request: Request, answer: Answer, writer: asyncio.StreamWriter, pace: Pace) -> None:
    lines = [f"HTTP/1.1 {answer.status} {answer.status.phrase}"]
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if request.method != "HEAD":
        for begin in range(0, len(answer.body), STREAM_BYTES):
            block = answer.body[begin : begin + STREAM_BYTES]
            await pace.keep(len(block))
            writer.write(block)
            await writer.drain()
    await writer.drain()


if __name__ == "__main__":
    port, seconds, *rate = sys.argv[1:]
    asyncio.run(serve(int(port), float(seconds), float(rate[0]) if rate else math.inf))
