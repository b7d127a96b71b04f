"""One object of S3 on its way to the disk: in one piece or many, and compared with its checksum."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

from scar_runtime.aws.checksums import ASKED, Crc32, Expected, Tally, expected
from scar_runtime.aws.errors import AwsError, UnreadableError
from scar_runtime.aws.request import FileSlice
from scar_runtime.aws.s3 import S3, headers_of, metadata_of
from scar_runtime.disk import require_space, write_answer
from scar_runtime.errors import SupersededError
from scar_runtime.events import StoredObject
from scar_runtime.parallel import in_order, in_parallel

PIECE = 8 * 1024 * 1024
"""Objects above this come in pieces of this size."""
PARALLEL_PIECES = 10
ATTEMPTS = 3
"""How often an object is fetched whose content is not what its checksum says."""

PARTS = "x-amz-mp-parts-count"
PARTS_UNKNOWN = (400, 416, 501)
"""The answers of services that do not know an object's parts by number."""

B = TypeVar("B")


class DamagedError(AwsError):
    """What arrived is not what S3 says that it keeps."""

    def __init__(self, name: str, wanted: Expected, got: Expected) -> None:
        super().__init__("Damaged", f"{name} arrived changed: {got}, but S3 keeps {wanted}")


@dataclass(frozen=True)
class _Piece:
    begin: int
    size: int

    @property
    def header(self) -> dict[str, str]:
        return {"Range": f"bytes={self.begin}-{self.begin + self.size - 1}"}


class _EnoughError(Exception):
    """The head of an answer tells all that was asked; its content is not read."""


class Download:
    """One object on its way into an open file, which is empty or holds what an earlier attempt
    has left. Raises `AwsError` or `StorageError`.

    `name` is the object's in messages; `version` is the one to fetch, None for the newest. What
    `check` raises ends the transfer.
    """

    def __init__(
        self,
        s3: S3,
        stored: StoredObject,
        name: str,
        version: str | None,
        path: Path,
        descriptor: int,
        check: Callable[[], None],
    ) -> None:
        self._s3 = s3
        self._stored = stored
        self._name = name
        self._version = version
        self._path = path
        self._descriptor = descriptor
        self._check = check
        # Without versions, the content is what tells the object of the event from another.
        self._etag = quoted(stored.etag) if stored.etag and not version_of(stored) else ""
        self._trusts_sizes = True

    def run(self) -> dict[str, str]:
        """Fetch the object; gives its metadata."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._fetched()
            except DamagedError:
                if attempt == ATTEMPTS:
                    raise
                self._s3.pause(attempt)
                self._trusts_sizes = False
        raise AssertionError("the last attempt returns or raises")

    def _fetched(self) -> dict[str, str]:
        size = self._stored.size
        if size is None or size > PIECE:
            headers = self._head()
            total = int(headers["content-length"])
            if total > PIECE:
                self._fetch_pieces(headers, total)
                return metadata_of(headers)
        return metadata_of(self._fetch_whole())

    def _head(self) -> dict[str, str]:
        stored = self._stored
        headers = self._s3.head(
            stored.bucket, stored.key, version=self._version, headers=self._headers(ASKED)
        )
        self._require_version(headers)
        if "content-length" not in headers:
            raise UnreadableError("an answer without the object's size")
        return headers

    def _fetch_whole(self) -> dict[str, str]:
        """One request, which also says what the content must be like."""

        def receive(answer: HTTPResponse) -> tuple[dict[str, str], _Piece, int]:
            headers = headers_of(answer)
            self._require_version(headers)
            require_space(self._path.parent, answer.length or 0)
            value = Crc32()
            count = self._write(answer, 0, value)
            return headers, _Piece(0, count), value.value

        headers, piece, value = self._get(receive, ASKED)
        if os.fstat(self._descriptor).st_size > piece.size:  # an earlier attempt brought more
            os.ftruncate(self._descriptor, piece.size)
        if wanted := expected(headers):
            self._etag = headers["etag"]
            sizes = self._part_sizes(wanted, piece.size)
            several = sizes is not None and len(sizes) > 1
            arrived = self._read(sizes or ()) if several else iter([(piece, value)])
            self._compare(wanted, sizes, arrived)
        return headers

    def _fetch_pieces(self, headers: Mapping[str, str], total: int) -> None:
        """All pieces at once, of exactly the object that the headers are of."""
        require_space(self._path.parent, total)
        self._etag = headers["etag"]
        wanted = expected(headers)
        sizes = self._part_sizes(wanted, total) if wanted else None
        counts = wanted is not None and wanted.algorithm == "crc32"

        def fetch(piece: _Piece) -> int:
            return self._fetch_piece(piece, total, counts)

        pieces = list(_pieces(sizes or [total]))
        arrived = zip(pieces, in_order(fetch, pieces, PARALLEL_PIECES), strict=True)
        # What is here is read for its checksum while the rest still comes.
        self._compare(wanted, sizes, arrived)

    def _fetch_piece(self, piece: _Piece, total: int, counts: bool) -> int:
        """Gives the CRC-32 of the piece if it `counts`."""

        def receive(answer: HTTPResponse) -> int:
            last = piece.begin + piece.size - 1
            if answer.getheader("Content-Range") != f"bytes {piece.begin}-{last}/{total}":
                raise UnreadableError("an answer with another part than was asked for")
            value = Crc32() if counts else None
            self._write(answer, piece.begin, value)
            return value.value if value else 0

        return self._get(receive, piece.header)

    def _compare(
        self,
        wanted: Expected | None,
        sizes: Sequence[int] | None,
        arrived: Iterable[tuple[_Piece, int]],
    ) -> None:
        """Take in the pieces with their CRC-32 as they come. Raises `DamagedError` if all of them
        are not what S3 says that it keeps."""
        if wanted is None or sizes is None:
            for _ in arrived:
                pass
            return
        tally = Tally(wanted, sizes)
        for piece, value in arrived:
            tally.add(piece.size, self._blocks(piece), value)
        if tally.result() != wanted:
            raise DamagedError(self._name, wanted, tally.result())

    def _read(self, sizes: Iterable[int]) -> Iterator[tuple[_Piece, int]]:
        """The parts of what is there already, with their CRC-32."""
        for piece in _pieces(sizes):
            value = Crc32()
            for block in self._blocks(piece):
                value.update(block)
            yield piece, value.value

    def _blocks(self, piece: _Piece) -> Iterator[bytes]:
        for block in FileSlice(self._path, piece.begin, piece.size).blocks():
            self._check()
            yield block

    def _part_sizes(self, wanted: Expected, total: int) -> list[int] | None:
        """The sizes of the parts that a checksum is composed of; none for one of the whole, None
        where the service does not know them any more.

        Uploads have parts of one size but for the last, so that one question does; only where the
        checksum differs are all asked for.
        """
        count = wanted.parts or 0
        if count <= 1:
            return [total] * count
        first = self._part_size(1, count)
        if first is None:
            return None
        if self._trusts_sizes and first * (count - 1) < total <= first * count:
            return [first] * (count - 1) + [total - first * (count - 1)]
        asked = in_parallel(
            lambda number: self._part_size(number, count),
            range(1, count + 1),
            PARALLEL_PIECES,
        )
        sizes = [size for size in asked if size is not None]
        return sizes if len(sizes) == count and sum(sizes) == total else None

    def _part_size(self, number: int, count: int) -> int | None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
        stored, headers = self._stored, self._headers({})
        try:
            found = self._s3.head(
                stored.bucket, stored.key, version=self._version, part=number, headers=headers
            )
        except AwsError as error:
            if error.status in PARTS_UNKNOWN:
                return None
            raise
        if found.get(PARTS) == str(count):
            return int(found["content-length"])
        # Some servers know parts only where content is asked for.
        sizes: list[int] = []

        def receive(answer: HTTPResponse) -> None:
            if answer.getheader(PARTS) == str(count):
                sizes.append(answer.length or 0)
            raise _EnoughError

        with contextlib.suppress(_EnoughError):
            self._s3.get(
                stored.bucket,
                stored.key,
                receive,
                version=self._version,
                part=number,
                headers=headers,
            )
        return sizes[0] if sizes else None

    def _get(self, receive: Callable[[HTTPResponse], B], headers: Mapping[str, str]) -> B:
        stored = self._stored
        return self._s3.get(
            stored.bucket,
            stored.key,
            receive,
            version=self._version,
            headers=self._headers(headers),
        )

    def _headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        return {**headers, "If-Match": self._etag} if self._etag else headers

    def _require_version(self, headers: Mapping[str, str]) -> None:
        wanted = version_of(self._stored)
        if wanted and headers.get("x-amz-version-id") != wanted:
            raise superseded(self._name)

    def _write(self, answer: HTTPResponse, offset: int, value: Crc32 | None) -> int:
        return write_answer(answer, self._descriptor, offset, self._name, self._check, value)


def _pieces(sizes: Iterable[int]) -> Iterator[_Piece]:
    """Parts of these sizes, cut further where they are large."""
    begin = 0
    for size in sizes:
        end = begin + size
        while begin < end:
            piece = _Piece(begin, min(PIECE, end - begin))
            yield piece
            begin += piece.size


def superseded(name: str) -> SupersededError:
    return SupersededError(f"{name} was replaced since the event was sent")


def version_of(stored: StoredObject) -> str | None:
    """The version of an object in a bucket that keeps versions. "null" was written before it did,
    and is replaced by the next object that is written without them."""
    return stored.version if stored.version != "null" else None


def quoted(etag: str) -> str:
    """An ETag as HTTP has it; events come with and without the quotes."""
    return f'"{etag.strip(chr(34))}"'
