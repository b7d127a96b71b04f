"""The runtime's own objects in the stack's spool bucket, all under the function's prefix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scar_runtime.errors import StorageError

_ABSENT = ("NoSuchKey", "404", "AccessDenied", "403")
"""Without s3:ListBucket, which nobody is granted, S3 answers 403 for what is not there."""
_REFUSED = ("PreconditionFailed", "412", "NoSuchKey", "404")
_CONFLICT = ("ConditionalRequestConflict", "409")
_ATTEMPTS = 5


@dataclass(frozen=True)
class Document:
    """A JSON document as it was read or written; `etag` names exactly this content."""

    key: str
    content: dict[str, Any]
    etag: str


class Spool:
    """Small JSON documents with conditional writes."""

    def __init__(self, client: Any, bucket: str, function: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = function

    def key(self, kind: str, name: str) -> str:
        return f"{self._prefix}/{kind}/{name}"

    def create(self, key: str, content: dict[str, Any]) -> Document | None:
        """Write the document if none has that key; None if one has."""
        return self._write(key, content, {"IfNoneMatch": "*"})

    def replace(self, old: Document, content: dict[str, Any]) -> Document | None:
        """Write over `old`; None if it is no more what it was when it was read."""
        return self._write(old.key, content, {"IfMatch": old.etag})

    def put(self, key: str, content: dict[str, Any]) -> None:
        self._write(key, content, {})

    def get(self, key: str) -> Document | None:
        """Read a document; None if there is none."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            content = json.loads(answer["Body"].read())
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise self._fault("read", key, error) from error
        except (BotoCoreError, ValueError) as error:
            raise self._fault("read", key, error) from error
        return Document(key, content, answer["ETag"])

    def _write(
        self, key: str, content: dict[str, Any], condition: dict[str, str]
    ) -> Document | None:
        body = json.dumps(content).encode("ascii")
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, **condition
                )
            except ClientError as error:
                code = _code(error)
                if condition and code in _REFUSED:
                    return None
                # Two conditional writes at one moment: S3 asks to try again.
                if code in _CONFLICT and attempt < _ATTEMPTS:
                    continue
                raise self._fault("write", key, error) from error
            except BotoCoreError as error:
                raise self._fault("write", key, error) from error
            return Document(key, content, answer["ETag"])
        raise AssertionError("the last attempt returns or raises")

    def _fault(self, verb: str, key: str, error: Exception) -> StorageError:
        return StorageError(f"cannot {verb} s3://{self._bucket}/{key} of the spool: {error}")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
