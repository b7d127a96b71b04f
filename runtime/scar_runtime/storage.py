"""Objects of S3 and of services that speak its protocol: to disk and from disk, in parallel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.s3 import (
    META,
    S3,
    FileSlice,
    Part,
    checksum,
    composite_checksum,
    metadata_headers,
    metadata_of,
)
from scar_runtime.disk import disk_error, require_space, write_answer
from scar_runtime.errors import AbsentError, StorageError, SupersededError
from scar_runtime.events import StoredObject

PART = 8 * 1024 * 1024
"""Objects above this are moved in parts of at least this size."""
MOST_PARTS = 10_000
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
PARALLEL_PARTS = 10
PARALLEL_OBJECTS = 32

A = TypeVar("A")
B = TypeVar("B")

_GONE = ("404", "NoSuchKey", "NoSuchVersion", "403", "AccessDenied")


class Storage:
    """The `Store` of S3 and of services that speak its protocol.

    `place` stands before "bucket/key" in messages.
    """

    def __init__(self, s3: S3, place: str = "s3://") -> None:
        self._s3 = s3
        self._place = place

    def download(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """Write the very version that the event speaks of to `path`; gives its metadata.

        Raises `SupersededError` if the bucket keeps no versions and the object was replaced since.
        """
        return self._download(stored, path, _version(stored), check)

    def download_current(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """The same, but raises `SupersededError` also if the bucket keeps the version and there
        is a newer one. An old version of an object that is gone altogether still counts."""
        try:
            return self._download(stored, path, None, check)
        except AbsentError:
            if _version(stored) is None:
                raise
        return self.download(stored, path, check)

    def is_current(self, stored: StoredObject) -> bool:
        """Whether no other version of the object has come since; being gone is no version."""
        try:
            answer = self._s3.head(stored.bucket, stored.key)
        except AwsError as error:
            if error.code in _GONE:
                return True
            raise self._read_error(stored, error) from error
        if _version(stored):
            return answer.get("x-amz-version-id") == stored.version
        return not stored.etag or answer.get("etag") == _quoted(stored.etag)

    def _download(
        self, stored: StoredObject, path: Path, version: str | None, check: Callable[[], None]
    ) -> dict[str, str]:
        try:
            if stored.size is not None:
                require_space(path.parent, stored.size)
            with path.open("wb", buffering=0) as file:
                return _Download(
                    self._s3, stored, self._name(stored), version, file.fileno(), path, check
                ).run()
        except AwsError as error:
            raise self._read_error(stored, error) from error
        except OSError as error:
            raise disk_error(error, self._name(stored)) from error

    def _name(self, stored: StoredObject) -> str:
        return f"{self._place}{stored.path}"

    def _read_error(self, stored: StoredObject, error: AwsError) -> StorageError:
        name = self._name(stored)
        if error.code in ("412", "PreconditionFailed"):
            return _superseded(name)
        text = f"cannot read {name}: {error}"
        if error.code in _GONE:  # without s3:ListBucket, S3 answers 403 for what is not there
            hint = " (it may have been deleted, or the function's role may not read it)"
            return AbsentError(text + hint)
        return StorageError(text)

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        """Store the file whole, or not at all."""
        headers = metadata_headers(metadata)
        try:
            size = path.stat().st_size
            if size <= PART:
                self._s3.put(bucket, key, FileSlice(path, 0, size), headers)
            else:
                self._upload_parts(path, size, bucket, key, headers)
        except AwsError as error:
            raise StorageError(f"cannot write {self._place}{bucket}/{key}: {error}") from error
        except OSError as error:
            raise StorageError(f"cannot read the output {path.name}: {error.strerror}") from error

    def holds(self, path: Path, bucket: str, key: str, mark: tuple[str, str]) -> bool:
        """Whether the object is there with the file's content, and with `mark` (name and value)
        among its metadata. What cannot be asked is taken for absent."""
        try:
            found = self._s3.head(bucket, key, {"x-amz-checksum-mode": "ENABLED"})
        except AwsError:  # mostly 403: without s3:ListBucket, that is also what is not there
            return False
        size = path.stat().st_size
        name, value = mark
        return (
            found.get(META + name) == value
            and found.get("content-length") == str(size)
            and found.get("x-amz-checksum-crc32") == _kept_checksum(path, size)
        )

    def _upload_parts(
        self, path: Path, size: int, bucket: str, key: str, headers: Mapping[str, str]
    ) -> None:
        upload = self._s3.begin_upload(bucket, key, headers)

        def send(numbered: tuple[int, FileSlice]) -> Part:
            number, body = numbered
            return self._s3.put_part(bucket, key, upload, number, body)

        try:
            numbered = list(enumerate(_slices(path, size), start=1))
            parts = in_parallel(send, numbered, PARALLEL_PARTS)
            self._s3.end_upload(bucket, key, upload, parts)
        except BaseException:
            # Otherwise the parts lie in the bucket, unseen and paid for.
            with contextlib.suppress(AwsError):
                self._s3.abort_upload(bucket, key, upload)
            raise


class _Download:
    """One object on its way into an open file."""

    def __init__(
        self,
        s3: S3,
        stored: StoredObject,
        name: str,
        version: str | None,
        descriptor: int,
        path: Path,
        check: Callable[[], None],
    ) -> None:
        self._s3 = s3
        self._stored = stored
        self._name = name
        self._version = version
        self._descriptor = descriptor
        self._folder = path.parent
        self._check = check
        self._etag = _quoted(stored.etag) if stored.etag and not _version(stored) else ""
        self._total = 0

    def run(self) -> dict[str, str]:
        """One request for a small object; for another the first part, then the rest at once."""
        size = self._stored.size
        if size is not None and size <= PART:
            return self._get(self._receive_all, {})
        metadata = self._get(self._receive_first, {"Range": f"bytes=0-{PART - 1}"})
        in_parallel(self._get_part, range(PART, self._total, PART), PARALLEL_PARTS)
        return metadata

    def _get(self, receive: Callable[[HTTPResponse], B], headers: dict[str, str]) -> B:
        stored = self._stored
        if self._etag:
            headers = {**headers, "If-Match": self._etag}
        return self._s3.get(
            stored.bucket, stored.key, receive, version=self._version, headers=headers
        )

    def _receive_all(self, answer: HTTPResponse) -> dict[str, str]:
        self._require_version(answer)
        self._write(answer, 0)
        return metadata_of(answer)

    def _receive_first(self, answer: HTTPResponse) -> dict[str, str]:
        """Of an object of whatever size: it is known from here on, and all parts are of it."""
        self._require_version(answer)
        self._etag = answer.getheader("ETag") or ""
        self._total = int((answer.getheader("Content-Range") or "/0").rpartition("/")[2])
        require_space(self._folder, self._total)
        self._write(answer, 0)
        return metadata_of(answer)

    def _require_version(self, answer: HTTPResponse) -> None:
        wanted = _version(self._stored)
        if wanted and answer.getheader("x-amz-version-id") != wanted:
            raise _superseded(self._name)

    def _get_part(self, begin: int) -> None:
        end = min(begin + PART, self._total)

        def receive(answer: HTTPResponse) -> None:
            self._write(answer, begin)

        self._get(receive, {"Range": f"bytes={begin}-{end - 1}"})

    def _write(self, answer: HTTPResponse, offset: int) -> None:
        write_answer(answer, self._descriptor, offset, self._name, self._check)


def in_parallel(do: Callable[[A], B], items: Sequence[A], threads: int) -> list[B]:
    """The results of `do` for all items, in order. Raises the first fault by order, once nothing
    is under way any more; what has not begun by then never does."""
    if len(items) <= 1:
        return [do(item) for item in items]
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        futures = [pool.submit(do, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _slices(path: Path, size: int) -> list[FileSlice]:
    """A file of more than `PART` bytes in the parts in which it is sent."""
    length = max(PART, -(-size // MOST_PARTS))
    return [FileSlice(path, begin, min(length, size - begin)) for begin in range(0, size, length)]


def _kept_checksum(path: Path, size: int) -> str:
    """The checksum that S3 keeps of a file that we uploaded."""
    if size <= PART:
        return checksum(FileSlice(path, 0, size))
    return composite_checksum(_slices(path, size))


def _superseded(name: str) -> SupersededError:
    return SupersededError(f"{name} was replaced since the event was sent")


def _version(stored: StoredObject) -> str | None:
    """The version of an object in a bucket that keeps versions. "null" was written before it did,
    and is replaced by the next object that is written without them."""
    return stored.version if stored.version != "null" else None


def _quoted(etag: str) -> str:
    """An ETag as HTTP has it; events come with and without the quotes."""
    return f'"{etag.strip(chr(34))}"'
