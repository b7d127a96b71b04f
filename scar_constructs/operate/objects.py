"""Objects of S3: what a person names, and what the runtime wrote into their metadata."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from scar_constructs.errors import UserError

SCHEME = "s3://"
TRACE, INPUT, INPUT_VERSION = "scar-trace", "scar-input", "scar-input-version"
"""Metadata of a function's outputs, as the runtime writes it."""
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_ABSENT = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")


@dataclass(frozen=True)
class StoredFile:
    """An object as it is. `written` is in seconds of Unix time."""

    path: str
    version: str | None
    etag: str
    size: int
    written: float
    metadata: Mapping[str, str]

    @property
    def trace_id(self) -> str:
        """The id of all that comes of the same upload, as the runtime finds it."""
        # Whoever uploads a file chooses its metadata: what is no id is none.
        if _TRACE_ID.fullmatch(self.metadata.get(TRACE, "")):
            return self.metadata[TRACE]
        bucket, _, key = self.path.partition("/")
        version = self.version if self.version != "null" else None
        return trace_id_of(bucket, key, version or self.etag)

    @property
    def source(self) -> tuple[str, str | None] | None:
        """Path and version of the file that it was made from; None of an upload."""
        if INPUT not in self.metadata:
            return None
        return unquote(self.metadata[INPUT]), self.metadata.get(INPUT_VERSION)


def trace_id_of(*identity: str) -> str:
    """As `scar_runtime.trace.new_trace`; a test holds the two together."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]


def split_path(text: str) -> tuple[str, str]:
    """Bucket and key of "s3://bucket/key" or "bucket/key"; the key may be empty."""
    bucket, _, key = text.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise UserError(f"{text!r} names no bucket: write it such as my-bucket/folder")
    return bucket, key


def head(s3: Any, path: str, version: str | None = None) -> StoredFile | None:
    """The object at "bucket/key"; None if there is none."""
    bucket, key = split_path(path)
    asked = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    try:
        found = s3.head_object(**asked)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return StoredFile(
        path=f"{bucket}/{key}",
        version=found.get("VersionId"),
        etag=str(found["ETag"]).strip('"'),
        size=int(found["ContentLength"]),
        written=found["LastModified"].timestamp(),
        metadata=found.get("Metadata", {}),
    )


@dataclass(frozen=True)
class Listed:
    """An object in a list. `written` is in seconds of Unix time."""

    bucket: str
    key: str
    size: int
    written: float
    etag: str

    @property
    def path(self) -> str:
        return f"{self.bucket}/{self.key}"


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[Listed]:
    """The objects under a prefix, without the empty ones that stand for folders. Raises
    `UserError` where there is no such bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        for one in (one for page in pages for one in page.get("Contents", ())):
            if not (one["Key"].endswith("/") and one["Size"] == 0):
                yield Listed(
                    bucket,
                    str(one["Key"]),
                    int(one["Size"]),
                    one["LastModified"].timestamp(),
                    str(one["ETag"]).strip('"'),
                )
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise UserError(f"there is no bucket {bucket}: check its name") from error
        raise


def folder_prefix(key: str) -> str:
    """The prefix of what lies in a folder: none in the bucket itself."""
    return f"{key.strip('/')}/" if key.strip("/") else ""
