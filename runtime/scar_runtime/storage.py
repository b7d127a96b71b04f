"""Objects of S3 and of services that speak its protocol: to disk and from disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.s3 import S3, metadata_of
from scar_runtime.disk import disk_error, require_space
from scar_runtime.downloads import Download, quoted, superseded, version_of
from scar_runtime.errors import AbsentError, StorageError
from scar_runtime.events import StoredObject
from scar_runtime.uploads import Upload

PARALLEL_OBJECTS = 32

_GONE = ("404", "NoSuchKey", "NoSuchVersion", "403", "AccessDenied")


class Storage:
    """The `Store` of S3 and of services that speak its protocol.

    `place` stands before "bucket/key" in messages. `warn` is told of what may be left behind.
    """

    def __init__(
        self, s3: S3, place: str = "s3://", warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._s3 = s3
        self._place = place
        self.warn = warn

    def download(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """Write the very version that the event speaks of to `path`; gives its metadata.

        Raises `SupersededError` if the bucket keeps no versions and the object was replaced since.
        """
        return self._download(stored, path, version_of(stored), check)

    def download_current(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """The same, but raises `SupersededError` also if the bucket keeps the version and there
        is a newer one. An old version of an object that is gone altogether still counts."""
        try:
            return self._download(stored, path, None, check)
        except AbsentError:
            if version_of(stored) is None:
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
        if version_of(stored):
            return answer.get("x-amz-version-id") == stored.version
        return not stored.etag or answer.get("etag") == quoted(stored.etag)

    def metadata(self, stored: StoredObject) -> dict[str, str]:
        """The metadata of the very version that the event speaks of. Raises as `download` does."""
        version = version_of(stored)
        unchanged = {"If-Match": quoted(stored.etag)} if stored.etag and not version else {}
        try:
            answer = self._s3.head(stored.bucket, stored.key, version=version, headers=unchanged)
        except AwsError as error:
            raise self._read_error(stored, error) from error
        return metadata_of(answer)

    def _download(
        self, stored: StoredObject, path: Path, version: str | None, check: Callable[[], None]
    ) -> dict[str, str]:
        name = self._name(stored)
        try:
            if stored.size is not None:
                require_space(path.parent, stored.size)
            with path.open("wb", buffering=0) as file:
                return Download(self._s3, stored, name, version, path, file.fileno(), check).run()
        except AwsError as error:
            raise self._read_error(stored, error) from error
        except OSError as error:
            raise disk_error(error, name) from error

    def _name(self, stored: StoredObject) -> str:
        return f"{self._place}{stored.path}"

    def _read_error(self, stored: StoredObject, error: AwsError) -> StorageError:
        name = self._name(stored)
        if error.code in ("412", "PreconditionFailed"):
            return superseded(name)
        text = f"cannot read {name}: {error}"
        if error.code in _GONE:  # without s3:ListBucket, S3 answers 403 for what is not there
            hint = " (it may have been deleted, or the function's role may not read it)"
            return AbsentError(text + hint)
        return StorageError(text)

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        """Store the file whole, or not at all; and once, also where an answer of S3 gets lost."""
        try:
            Upload(self._s3, path, bucket, key, metadata, self.warn).run()
        except AwsError as error:
            raise StorageError(f"cannot write {self._place}{bucket}/{key}: {error}") from error
        except OSError as error:
            raise StorageError(f"cannot read the output {path.name}: {error.strerror}") from error

    def holds(self, path: Path, bucket: str, key: str, mark: tuple[str, str]) -> bool:
        """Whether the object is there with the file's content, and with `mark` (name and value)
        among its metadata. What cannot be asked is taken for absent."""
        name, value = mark
        return Upload(self._s3, path, bucket, key, {name: value}, self.warn).is_there()
