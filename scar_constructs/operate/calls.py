"""Calls of functions: directly, over HTTP, and once for each file of a folder."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote_plus

from botocore.config import Config

from scar_constructs.errors import UserError
from scar_constructs.model import joins
from scar_constructs.operate.batch_jobs import FAILED, Jobs
from scar_constructs.operate.objects import Listed, head
from scar_constructs.operate.parallel import as_they_end
from scar_constructs.operate.session import Session

_LONGEST_SECONDS = 15 * 60 + 30
"""Lambda's longest run, and a little: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_EVENT_BYTES, _LATER_EVENT_BYTES = 6 * 1024**2, 1024**2
"""Of an event whose answer is waited for, and of another; the same source."""
_POLL_SECONDS = 2.0
_ENDED = ("SUCCEEDED", FAILED)


@dataclass(frozen=True)
class Called:
    """How a call ended. `output` is what the script printed, `jobs` those that were submitted; both
    are empty for a call that nobody waits for. `reason` is why it failed."""

    input: str | None
    failed: bool
    output: bytes = b""
    jobs: tuple[str, ...] = ()
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "output": self.output.decode(errors="replace")}


def payload(script: bytes | None, arguments: Sequence[str]) -> dict[str, Any]:
    """What a function is called with: a script of this call, or arguments, as SCAR sends them."""
    event: dict[str, Any] = {}
    if script is not None:
        event["script"] = base64.b64encode(script).decode()
    if arguments:
        event["cmd_args"] = json.dumps(list(arguments))
    return event


class Caller:
    """Calls functions of one account and region."""

    def __init__(self, session: Session) -> None:
        # A call is never sent twice by itself: it may have run.
        patient = Config(read_timeout=_LONGEST_SECONDS, retries={"total_max_attempts": 1})
        self._functions = session.client("lambda", patient)
        self._s3 = session.client("s3")
        self._jobs = Jobs(session)

    def call(self, function: str, event: Mapping[str, Any], *, waiting: bool = True) -> Called:
        """Call a function with an event, and wait for its jobs if it submits any."""
        return self._settled(self._call(function, event, None, waiting=waiting))

    def call_for_each(
        self,
        function: str,
        files: Sequence[Listed],
        *,
        waiting: bool = True,
        run: str | None = None,
    ) -> Iterator[Called]:
        """Call a function for each file, several at a time, with the event that S3 would send for
        it; in the order in which they end. A file whose version has been called for already is not
        run again, unless the `run` has another name."""

        def one(file: Listed) -> Called:
            event = self._event(file, run)
            return self._settled(self._call(function, event, file.path, waiting=waiting))

        yield from as_they_end(one, files)

    def call_for_all(
        self,
        function: str,
        folder: str,
        files: Sequence[Listed],
        *,
        waiting: bool = True,
        run: str | None = None,
    ) -> Called:
        """Call a function once for all files together, and wait as `call` does. The same files are
        not run again, unless the `run` has another name. Raises `UserError` for so many that no
        event can name them."""
        named = [{"key": one.key, "etag": one.etag, "size": one.size} for one in files]
        asked = {"folder": folder, "bucket": files[0].bucket, "run": run, "files": named}
        event = {joins.EVENT: asked}
        limit = _EVENT_BYTES if waiting else _LATER_EVENT_BYTES
        if (size := len(json.dumps(event))) > limit:
            raise UserError(
                f"{folder} has {len(files):,} files, whose names take {size:,} bytes; an event has "
                f"at most {limit:,}: name a folder below it with -ib"
            )
        return self._settled(self._call(function, event, folder, waiting=waiting))

    def _call(
        self, function: str, event: Mapping[str, Any], path: str | None, *, waiting: bool
    ) -> Called:
        answer = self._functions.invoke(
            FunctionName=function,
            InvocationType="RequestResponse" if waiting else "Event",
            Payload=json.dumps(event).encode(),
        )
        body = answer["Payload"].read()
        if not waiting:
            return Called(path, failed=False)
        if "FunctionError" in answer:
            return Called(path, failed=True, reason=_message(body))
        return _answered(path, body)

    def _event(self, file: Listed, run: str | None) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
        found = head(self._s3, file.path)
        version = found.version if found else None
        stored: dict[str, Any] = {"key": quote_plus(file.key, safe="/"), "size": file.size}
        stored["eTag"] = file.etag
        if version and version != "null":
            stored["versionId"] = version
        stored["sequencer"] = f"run {run}" if run else "run"
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(file.written)),
            "s3": {"bucket": {"name": file.bucket}, "object": stored},
        }
        return {"Records": [record]}

    def _settled(self, called: Called) -> Called:
        """The call, once its jobs have ended."""
        waiting = set(called.jobs)
        while waiting:
            states = self._jobs.described(sorted(waiting))
            for job, state in states.items():
                if state.status == FAILED:
                    reason = f"job {job} failed: {state.reason}"
                    return Called(called.input, failed=True, jobs=called.jobs, reason=reason)
            waiting -= {job for job, state in states.items() if state.status in _ENDED}
            if waiting:
                time.sleep(_POLL_SECONDS)
        return called


def _answered(path: str | None, body: bytes) -> Called:
    """From the runtime's answer, in the form that SCAR's clients know."""
    try:
        answer = json.loads(body)
        content = answer["body"]
        output = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        status = int(answer["statusCode"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return Called(path, failed=True, output=body, reason="the answer is none of the runtime's")
    if status == 202:
        return Called(path, failed=False, jobs=tuple(json.loads(output).get("jobs", ())))
    return Called(
        path, failed=status >= 400, output=output, reason="" if status < 400 else "failed"
    )


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")
