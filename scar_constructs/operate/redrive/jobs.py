"""A failed job's event, and the claim that the job holds on it.

The documents are the runtime's (`scar_runtime.batch`, `scar_runtime.bursts.manifest`,
`scar_runtime.claims`); a test holds the two together. They lie where the function's image may
write, so each is data: its form is checked, and what it names must be the function's own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scar_constructs.operate.redrive.failures import FailedJob, ForeignError, RedriveError

DONE, FAILED = "done", "failed"
_ABSENT = ("NoSuchKey", "404")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict")
_DOCUMENT_MAX_BYTES = 16 << 20
"""More than any event that Lambda takes."""
_REASON_LETTERS = 4000
ROW_BYTES = 31
_ROW = re.compile(rb"([0-9]{12}) ([0-9]{8}) [0-9a-f]{8}\n")
"""One of a manifest's table: where the document of a job of an array begins, and how long it is."""


@dataclass(frozen=True)
class JobEvent:
    """What a job was to do, and its claim as it is now; None if it has none any more."""

    event: Any
    claim: Claim | None


@dataclass(frozen=True)
class Claim:
    """A claim document as it was read."""

    key: str
    content: dict[str, Any]
    etag: str

    def reason(self, job: FailedJob) -> str:
        """Why the job failed, if the runtime could still say it, with the script's last output."""
        said = self.content.get("reason")
        own = self.content["state"] == FAILED and self.content.get("job") == job.id
        return said[:_REASON_LETTERS] if own and isinstance(said, str) else ""


class Spool:
    """One function's part of the spool bucket, as the person sees it who redrives."""

    def __init__(self, s3: Any, bucket: str, function: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._function = function

    def read(self, job: FailedJob) -> JobEvent:
        """The documents of a job. Raises `RedriveError`, or `ForeignError` for those of others."""
        document = self._document(job)
        if document is None:
            text = f"the event of job {job.id} has expired: s3://{self._bucket}/{job.key} is gone"
            raise RedriveError(text)
        if "event" not in document or not isinstance(document.get("claim"), str | None):
            raise RedriveError(f"the event of job {job.id} is damaged: {job.key}")
        key = document.get("claim")
        return JobEvent(document["event"], self._claim(key) if key else None)

    def _document(self, job: FailedJob) -> dict[str, Any] | None:
        if job.index is None:
            self._require(job.key, "jobs", r"[^/]+")
            found = self._read(job.key)
            return found[0] if found else None
        self._require(job.key, "bursts", r"[0-9a-f]{64}")
        row = self._part(job.key, job.index * ROW_BYTES, ROW_BYTES)
        if row is None:
            return None
        place = _ROW.fullmatch(row)
        line = self._part(job.key, int(place[1]), int(place[2])) if place else None
        if line is None:
            raise RedriveError(f"{job.key} is damaged: it has no row {job.index}")
        return _parsed(line, job.key)

    def release(self, job: FailedJob, claim: Claim) -> bool:
        """Say in the claim that its job has failed; another delivery may then take it. False if
        there is nothing to be done again: the work is done, or somebody else has it.

        The claim is not removed: if the job died while it published, the next one has to know
        what to look for.
        """
        state = claim.content["state"]
        if state == FAILED:
            return True
        if state == DONE or claim.content.get("job") not in (None, job.id):
            return False
        body = json.dumps({**claim.content, "state": FAILED}).encode()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=claim.key, Body=body, IfMatch=claim.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED:
                return False  # taken in this moment
            raise
        return True

    def _claim(self, key: str) -> Claim | None:
        self._require(key, "claims", r"[0-9a-f]{64}")
        found = self._read(key)
        if found is None:
            return None  # removed by hand
        content, etag = found
        if not isinstance(content.get("state"), str):
            raise RedriveError(
                f"the claim {key} is damaged: remove it to have the event done again"
            )
        return Claim(key, content, etag)

    def _require(self, key: str, kind: str, name: str) -> None:
        if not re.fullmatch(rf"{re.escape(self._function)}/{kind}/{name}", key, re.DOTALL):
            raise ForeignError(f"{key!r} is no document of {self._function}")

    def _read(self, key: str) -> tuple[dict[str, Any], str] | None:
        """A document and its ETag; None if there is none."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return _parsed(answer["Body"].read(_DOCUMENT_MAX_BYTES), key), str(answer["ETag"])

    def _part(self, key: str, begin: int, size: int) -> bytes | None:
        """A part of an object; None if there is no object, or if it is shorter."""
        part = f"bytes={begin}-{begin + min(size, _DOCUMENT_MAX_BYTES) - 1}"
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, Range=part)
        except ClientError as error:
            if error.response["Error"]["Code"] in (*_ABSENT, "InvalidRange"):
                return None
            raise
        return bytes(answer["Body"].read())


def _parsed(content: bytes, key: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RedriveError(f"{key} is damaged: it is not JSON") from error
    if not isinstance(document, dict):
        raise RedriveError(f"{key} is damaged: it is no JSON object")
    return document
