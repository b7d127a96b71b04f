"""The runtime's own objects in the stack's spool bucket, all under the function's prefix."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Bytes
from scar_runtime.aws.s3 import S3
from scar_runtime.errors import StorageError
from scar_runtime.identifiers import unique

_ABSENT = ("NoSuchKey", "404", "AccessDenied", "403")
"""Without s3:ListBucket, which nobody is granted, S3 answers 403 for what is not there."""
_REFUSED = ("PreconditionFailed", "412", "NoSuchKey", "404")
_WRITE = "write"

T = TypeVar("T")


@dataclass(frozen=True)
class Document:
    """A JSON document as it was read or written; `etag` names exactly this content."""

    key: str
    content: dict[str, Any]
    etag: str


class Spool:
    """Small JSON documents with conditional writes."""

    def __init__(self, s3: S3, bucket: str, function: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = function

    def key(self, kind: str, name: str) -> str:
        return f"{self._prefix}/{kind}/{name}"

    def create(self, key: str, content: Mapping[str, Any]) -> Document | None:
        """Write the document if none has that key; None if one has."""
        return self._write(key, content, {"If-None-Match": "*"})

    def replace(self, old: Document, content: Mapping[str, Any]) -> Document | None:
        """Write over `old`; None if it is no more what it was when it was read."""
        return self._write(old.key, content, {"If-Match": old.etag})

    def put(self, key: str, content: Mapping[str, Any]) -> None:
        self._write(key, content, {})

    def put_content(self, key: str, content: bytes) -> None:
        """Write an object that is no document."""
        try:
            self._s3.put(self._bucket, key, Bytes(content), {})
        except AwsError as error:
            raise self._error("write", key, error) from error

    def get_part(self, key: str, begin: int, size: int, read: Callable[[bytes], T]) -> T | None:
        """What `read` makes of a part of an object; None if there is no object. Where `read` raises
        `UnreadableError`, the part is asked for again."""
        header = {"Range": f"bytes={begin}-{begin + size - 1}"}
        try:
            return self._s3.get(
                self._bucket, key, lambda answer: read(answer.read()), headers=header
            )
        except AwsError as error:
            if error.code in _ABSENT:
                return None
            raise self._error("read", key, error) from error
        except (ValueError, RecursionError) as error:
            raise self._error("read", key, error) from error

    def names(self, prefix: str) -> Iterator[str]:
        """The keys that start with `prefix`, in order. They are strongly consistent: what was
        written before is there."""
        return (key for key, _ in self.listed(prefix))

    def listed(self, prefix: str) -> Iterator[tuple[str, str]]:
        """The same, with the times at which they were written (ISO 8601)."""
        try:
            yield from self._s3.listed(self._bucket, prefix)
        except AwsError as error:
            raise self._error("list", prefix, error) from error

    def remove(self, key: str) -> None:
        """Remove a document; one that is not there is no fault."""
        try:
            self._s3.remove(self._bucket, key)
        except AwsError as error:
            raise self._error("remove", key, error) from error

    def get(self, key: str) -> Document | None:
        """Read a document; None if there is none."""

        try:
            content, etag = self._s3.read(self._bucket, key)
            document = json.loads(content)
            if not isinstance(document, dict):
                raise ValueError("it is no document of ours")
            return Document(key, document, etag)
        except AwsError as error:
            if error.code in _ABSENT:
                return None
            raise self._error("read", key, error) from error
        except (ValueError, RecursionError) as error:
            raise self._error("read", key, error) from error

    def _write(
        self, key: str, content: Mapping[str, Any], condition: Mapping[str, str]
    ) -> Document | None:
        written = {**content, _WRITE: unique()}
        body = Bytes(json.dumps(written).encode("ascii"))
        try:
            return Document(key, written, self._s3.put(self._bucket, key, body, condition))
        except AwsError as error:
            if condition and error.code in _REFUSED:
                return self._written_after_all(key, written)
            raise self._error("write", key, error) from error

    def _written_after_all(self, key: str, written: Mapping[str, Any]) -> Document | None:
        """If the answer to our write got lost, its repetition meets our own document."""
        found = self.get(key)
        return found if found and found.content.get(_WRITE) == written[_WRITE] else None

    def _error(self, verb: str, key: str, error: Exception) -> StorageError:
        return StorageError(f"cannot {verb} s3://{self._bucket}/{key} of the spool: {error}")
