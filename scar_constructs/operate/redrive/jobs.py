"""A failed job's event, and the claim that the job holds on it.

The documents are the runtime's (`scar_runtime.batch`, `scar_runtime.claims`); a test holds the two
together. They lie where the function's image may write, so each is data: its form is checked, and
what it names must be the function's own.
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
        self._require(job.key, "jobs", r"[^/]+")
        found = self._read(job.key)
        if found is None:
            text = f"the event of job {job.id} has expired: s3://{self._bucket}/{job.key} is gone"
            raise RedriveError(text)
        document, _ = found
        if "event" not in document or not isinstance(document.get("claim"), str | None):
            raise RedriveError(f"the event of job {job.id} is damaged: {job.key}")
        key = document.get("claim")
        return JobEvent(document["event"], self._claim(key) if key else None)

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
        try:
            document = json.loads(answer["Body"].read(_DOCUMENT_MAX_BYTES))
        except (ValueError, RecursionError) as error:
            raise RedriveError(f"{key} is damaged: it is not JSON") from error
        if not isinstance(document, dict):
            raise RedriveError(f"{key} is damaged: it is no JSON object")
        return document, str(answer["ETag"])
