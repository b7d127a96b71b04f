"""Objects of S3 and of services that speak its protocol: to disk and from disk, in parallel."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from scar_runtime.errors import DiskFullError, StorageError, SupersededError
from scar_runtime.events import StoredObject
from scar_runtime.settings import Settings

MIB = 1024 * 1024
PART = 8 * MIB
"""Objects above this are moved in parts of this size."""
PARALLEL_PARTS = 10
PARALLEL_OBJECTS = 32
CHUNK = 256 * 1024
IN_MEMORY = MIB
"""Objects up to this are sent from memory: a streamed body costs one more round trip, since
botocore asks the service's consent first (Expect: 100-continue)."""

_GONE = ("404", "NoSuchKey", "NoSuchVersion", "403", "AccessDenied")


def s3_client(settings: Settings) -> Any:
    """A client with credentials and endpoint from the usual AWS variables."""
    # Other services than AWS seldom answer at BUCKET.HOST.
    style = {"addressing_style": "path" if settings.endpoint_url else "auto"}
    config = ClientConfig(
        max_pool_connections=PARALLEL_OBJECTS,
        retries={"mode": "standard", "total_max_attempts": 5},
        s3=style,
        connect_timeout=10,
        read_timeout=60,
    )
    session = botocore.session.get_session()
    return session.create_client("s3", region_name=settings.region, config=config)


class Storage:
    """Downloads and uploads. Faults of the service become `StorageError`, naming the object."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def download(self, stored: StoredObject, path: Path) -> dict[str, str]:
        """Write the very version that the event speaks of to `path`; gives its metadata.

        Raises `SupersededError` if the bucket keeps no versions and the object was replaced since.
        """
        request = {"Bucket": stored.bucket, "Key": stored.key}
        if stored.version and stored.version != "null":
            request["VersionId"] = stored.version
        elif stored.etag:
            request["IfMatch"] = f'"{stored.etag.strip(chr(34))}"'
        try:
            if stored.size is not None:
                require_space(path.parent, stored.size)
            return self._download(request, path, stored.size)
        except ClientError as error:
            raise _read_fault(stored, error) from error
        except BotoCoreError as error:
            raise StorageError(f"cannot read s3://{stored.path}: {error}") from error
        except OSError as error:
            raise _disk_fault(error, f"s3://{stored.path}", stored.size) from error

    def _download(self, request: dict[str, str], path: Path, size: int | None) -> dict[str, str]:
        """One request for a small object; for another the first part, then the rest at once."""
        if size is not None and size <= PART:
            answer = self._client.get_object(**request)
            total = size
        else:
            answer = self._client.get_object(**request, Range=f"bytes=0-{PART - 1}")
            total = int(answer["ContentRange"].rpartition("/")[2])
        with path.open("wb", buffering=0) as file:
            if total > PART:
                require_space(path.parent, total)
                file.truncate(total)
            _write_body(answer["Body"], file.fileno(), 0)
            if total > PART:
                same = {**request, "IfMatch": answer["ETag"]}
                self._download_rest(same, file.fileno(), total)
        return dict(answer.get("Metadata", {}))

    def _download_rest(self, request: dict[str, str], descriptor: int, total: int) -> None:
        def part(start: int) -> None:
            span = f"bytes={start}-{min(start + PART, total) - 1}"
            answer = self._client.get_object(**request, Range=span)
            _write_body(answer["Body"], descriptor, start)

        with ThreadPoolExecutor(PARALLEL_PARTS) as pool:
            for _ in pool.map(part, range(PART, total, PART)):
                pass

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        """Store the file whole, or not at all."""
        try:
            size = path.stat().st_size
            if size > PART:
                self._upload_parts(path, bucket, key, metadata)
            elif size > IN_MEMORY:
                with path.open("rb") as body:
                    self._put(bucket, key, body, metadata)
            else:
                self._put(bucket, key, path.read_bytes(), metadata)
        except (ClientError, BotoCoreError) as error:
            raise StorageError(f"cannot write s3://{bucket}/{key}: {error}") from error
        except OSError as error:
            raise StorageError(f"cannot read the output {path.name}: {error.strerror}") from error

    def _put(self, bucket: str, key: str, body: Any, metadata: Mapping[str, str]) -> None:
        self._client.put_object(Bucket=bucket, Key=key, Body=body, Metadata=dict(metadata))

    def _upload_parts(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        # Imported where needed: most outputs are small, and every start would pay for it.
        s3transfer = import_module("s3transfer.manager")
        config = s3transfer.TransferConfig(
            multipart_threshold=PART,
            multipart_chunksize=PART,
            max_request_concurrency=PARALLEL_PARTS,
        )
        with s3transfer.TransferManager(self._client, config) as manager:
            extra = {"Metadata": dict(metadata)}
            manager.upload(str(path), bucket, key, extra_args=extra).result()


def _write_body(body: Any, descriptor: int, offset: int) -> None:
    while chunk := body.read(CHUNK):
        rest = memoryview(chunk)
        while rest:
            written = os.pwrite(descriptor, rest, offset)
            rest, offset = rest[written:], offset + written


def require_space(folder: Path, size: int) -> None:
    """Raise `DiskFullError` where `size` bytes cannot fit: before the transfer, not amid it."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DiskFullError(_full(f"{size} bytes", free))


def _full(needed: str, free: int) -> str:
    return (
        f"no room for {needed} in {free // MIB} MiB of free disk: raise lambda.ephemeral_storage,"
        " or batch.disk_gib for a Batch job"
    )


def _disk_fault(error: OSError, what: str, size: int | None) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(_full(f"{what} ({size} bytes)" if size is not None else what, 0))
    return StorageError(f"cannot write {what} to disk: {error.strerror}")


def _read_fault(stored: StoredObject, error: ClientError) -> StorageError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in ("412", "PreconditionFailed"):
        return SupersededError(f"s3://{stored.path} was replaced since the event was sent")
    hint = ""
    if code in _GONE:  # without s3:ListBucket, S3 answers 403 for what is not there
        hint = " (it may have been deleted, or the function's role may not read it)"
    return StorageError(f"cannot read s3://{stored.path}: {code}{hint}")
