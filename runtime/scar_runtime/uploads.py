"""One file on its way to S3, once: what is there already is not written again.

Each object that is written is an event for the next function. So where nobody knows whether a
write was carried out (its answer was lost, or was an error of the service), S3 is asked what is
there. Only what is not is sent again, on the condition that nothing has changed since:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from scar_runtime.aws.checksums import ASKED, Crc32, Expected, Tally, expected
from scar_runtime.aws.errors import AwsError, UnknownOutcomeError
from scar_runtime.aws.request import FileSlice
from scar_runtime.aws.s3 import NO_HEADERS, S3, Part, metadata_headers
from scar_runtime.aws.sender import ATTEMPTS
from scar_runtime.parallel import in_parallel

PART = 8 * 1024 * 1024
"""Files above this are sent in parts of at least this size."""
MOST_PARTS = 10_000
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
PARALLEL_PARTS = 10

_ABSENT = ("404", "NoSuchKey", "403", "AccessDenied")
"""Without s3:ListBucket, S3 answers 403 for what is not there."""
_LOST = ("NoSuchUpload",)
_CHANGED = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict", "NoSuchKey")
"""The answers to a write that depends on what is there."""
_SKEW_SECONDS = 2.0
_ONE_MUST_NOT_EXIST = {"If-None-Match": "*"}


class Upload:
    """One file and the object that it is to become. Raises `AwsError`."""

    def __init__(
        self,
        s3: S3,
        path: Path,
        bucket: str,
        key: str,
        metadata: Mapping[str, str],
        warn: Callable[[str], None],
    ) -> None:
        self._s3 = s3
        self._path = path
        self._bucket = bucket
        self._key = key
        self._metadata = metadata_headers(metadata)
        self._warn = warn
        self._size = path.stat().st_size

    def run(self) -> None:
        """Store the file whole, or not at all."""
        if self._size <= PART:
            whole = FileSlice(self._path, 0, self._size)
            self._once(lambda condition: self._put(whole, condition))
            return
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._send_parts()
            except AwsError as error:
                # Somebody has aborted the upload, or S3 wants all of it again.
                if error.code not in (*_LOST, *_CHANGED) or attempt == ATTEMPTS:
                    raise
                self._s3.pause(attempt)
            else:
                return

    def is_there(self) -> bool:
        """Whether the object is there with the file's content, and the metadata among its own.
        What cannot be asked is taken for absent."""
        try:
            found = self._found()
            return found is not None and self._is_ours(found)
        except AwsError:
            return False

    def _put(self, body: FileSlice, condition: Mapping[str, str]) -> None:
        headers = {**self._metadata, **condition}
        self._s3.put(self._bucket, self._key, body, headers, repeatable=False)

    def _send_parts(self) -> None:
        slices = _slices(self._path, self._size)
        upload = self._begun()

        def send(number: int) -> Part:
            return self._s3.put_part(self._bucket, self._key, upload, number, slices[number - 1])

        def end(condition: Mapping[str, str]) -> None:
            self._s3.end_upload(self._bucket, self._key, upload, parts, condition)

        is_ended = False
        try:
            parts = in_parallel(send, range(1, len(slices) + 1), PARALLEL_PARTS)
            is_ended = self._once(end)
        finally:
            if not is_ended:
                # Otherwise the parts lie in the bucket, unseen and paid for.
                with contextlib.suppress(AwsError):
                    self._s3.abort_upload(self._bucket, self._key, upload)

    def _begun(self) -> str:
        """Begin an upload; gives its id. One that S3 may have begun without our hearing of it is
        aborted: there is no other way to it than the list of all uploads. Where we may not have
        that list, it stays until a rule of the bucket removes it, and is empty."""
        begin, upload, unheard = time.monotonic(), "", False
        try:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    upload = self._s3.begin_upload(self._bucket, self._key, self._metadata)
                    break
                except UnknownOutcomeError:
                    unheard = True
                    if attempt == ATTEMPTS:
                        raise
                    self._s3.pause(attempt)
        finally:
            if unheard:
                self._abort_others(upload, time.monotonic() - begin + _SKEW_SECONDS)
        return upload

    def _abort_others(self, own: str, seconds: float) -> None:
        """Abort the uploads of this very key that began in the last `seconds`, but our own. A run
        that writes the same key at the same moment begins again."""
        try:
            for upload, age in self._s3.uploads(self._bucket, self._key):
                if upload != own and age <= seconds:
                    self._s3.abort_upload(self._bucket, self._key, upload)
        except AwsError as error:
            self._warn(
                f"an unfinished upload of {self._bucket}/{self._key} may be left, without parts,"
                f" since its beginning was not confirmed, and uploads cannot be listed ({error}); a"
                " lifecycle rule with AbortIncompleteMultipartUpload removes it"
            )

    def _once(self, write: Callable[[Mapping[str, str]], None]) -> bool:
        """Carry out a write of the object, which gets the condition on which it depends; gives
        whether it was confirmed. If not, the object is there all the same."""
        condition = NO_HEADERS
        for attempt in range(1, ATTEMPTS + 1):
            try:
                write(condition)
            except AwsError as error:
                is_unknown = isinstance(error, UnknownOutcomeError)
                if not is_unknown and error.code not in (*_CHANGED, *_LOST):
                    raise
                found = self._found()
                if found and self._is_ours(found):
                    return False
                if attempt == ATTEMPTS or error.code in _LOST:
                    raise
                condition = _next_condition(condition, found, is_unknown)
                self._s3.pause(attempt)
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def _found(self) -> dict[str, str] | None:
        """The headers of what is there; None if nothing is, or we may not know."""
        try:
            return self._s3.head(self._bucket, self._key, headers=ASKED)
        except AwsError as error:
            if error.code in _ABSENT:
                return None
            raise

    def _is_ours(self, found: Mapping[str, str]) -> bool:
        if any(found.get(name) != value for name, value in self._metadata.items()):
            return False
        wanted = expected(found)
        slices = _slices(self._path, self._size)
        if not wanted or found.get("content-length") != str(self._size):
            return False
        if wanted.parts not in (None, len(slices)):
            return False
        tally = Tally(wanted, [part.size for part in slices])
        for part in slices:
            tally.add(part.size, part.blocks(), _crc32(part, wanted))
        return tally.result() == wanted


def _next_condition(
    last: Mapping[str, str], found: Mapping[str, str] | None, is_unknown: bool
) -> Mapping[str, str]:
    """On what the next write is to depend: that nothing changes after we have looked."""
    if found:
        return {"If-Match": found["etag"]}
    if last == _ONE_MUST_NOT_EXIST and not is_unknown:
        return NO_HEADERS  # there is an object that we may not look at
    return _ONE_MUST_NOT_EXIST


def _slices(path: Path, size: int) -> list[FileSlice]:
    """A file in the parts in which it is sent."""
    length = max(PART, -(-size // MOST_PARTS))
    begins = range(0, size, length) or [0]
    return [FileSlice(path, begin, min(length, size - begin)) for begin in begins]


def _crc32(part: FileSlice, wanted: Expected) -> int:
    if wanted.algorithm != "crc32":
        return 0
    value = Crc32()
    for block in part.blocks():
        value.update(block)
    return value.value
