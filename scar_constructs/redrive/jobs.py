"""A failed job's event, and the claim that the job holds on it.

The documents are the runtime's (`scar_runtime.batch`, `scar_runtime.claims`); a test holds the two
together.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from scar_constructs.redrive.failures import FailedJob, RedriveError

DONE, FAILED = "done", "failed"
_ABSENT = ("NoSuchKey", "404")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict")


class Spool:
    """The spool bucket, as the person sees it who redrives."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def event(self, job: FailedJob) -> tuple[Any, str | None]:
        """What the job was to do, and the key of its claim. Raises `RedriveError`."""
        try:
            document, _ = self._read(job.spool, job.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                text = f"the event of job {job.id} has expired: s3://{job.spool}/{job.key} is gone"
                raise RedriveError(text) from error
            raise
        return document["event"], document["claim"]

    def release(self, job: FailedJob, claim: str) -> bool:
        """Say in the claim that its job has failed; another delivery may then take it. False if
        there is nothing to be done again: the work is done, or somebody else has it.

        The claim is not removed: if the job died while it published, the next one has to know
        what to look for.
        """
        try:
            content, etag = self._read(job.spool, claim)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return True  # removed by hand
            raise
        if content["state"] == FAILED:
            return True
        if content["state"] == DONE or content.get("job") not in (None, job.id):
            return False
        body = json.dumps({**content, "state": FAILED}).encode()
        try:
            self._s3.put_object(Bucket=job.spool, Key=claim, Body=body, IfMatch=etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED:
                return False  # taken in this moment
            raise
        return True

    def _read(self, bucket: str, key: str) -> tuple[dict[str, Any], str]:
        answer = self._s3.get_object(Bucket=bucket, Key=key)
        return json.load(answer["Body"]), answer["ETag"]
