"""Submit the events of a window, which SQS brings together, as one array job.

What each job has to do is written before the job is submitted, under a name that follows from the
messages. So the retry of a call that died in between finds what it had done, and submits no second
array. Where SQS puts the messages together in another way, or SubmitJob's answer was lost, a second
array may have the same events: each job claims its event, and of two one does nothing.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scar_runtime.attempt import DUPLICATE, Outcome, found, reported, submit
from scar_runtime.batch import document_of
from scar_runtime.bursts.manifest import KIND, line_of, rendered
from scar_runtime.claims import Holder
from scar_runtime.errors import StorageError
from scar_runtime.events import Entry, Ignored, Record, Refused, parse
from scar_runtime.events.filters import wanted
from scar_runtime.runtime import Runtime
from scar_runtime.task import Task

SERVICE = "lambda"
ARRAY_MAX = 10_000
"""Jobs of an array: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html"""


@dataclass(frozen=True)
class Member:
    """One event: of which message of SQS, under which request id, and its line of a manifest."""

    message: str
    request_id: str
    record: Record
    line: bytes


class Burst:
    """The messages of one call. `task_of` gives what a job that is no array's has to do."""

    def __init__(
        self, runtime: Runtime, holder: Holder, task_of: Callable[[str, Record], Task]
    ) -> None:
        self._runtime = runtime
        self._holder = holder
        self._task_of = task_of
        self._failed: dict[str, None] = {}

    def dispatch(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Submit what there is; gives the messages that SQS is to bring again.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        members = [one for message in event["Records"] for one in self._members(message)]
        # In whichever order the messages came, their manifest is the same.
        members.sort(key=lambda one: one.request_id)
        for begin in range(0, len(members), ARRAY_MAX):
            self._submit(members[begin : begin + ARRAY_MAX])
        return {"batchItemFailures": [{"itemIdentifier": name} for name in self._failed]}

    def _members(self, message: Mapping[str, Any]) -> Iterator[Member]:
        """The events in a message; one that is none, or cannot be read, ends here.

        Their request ids follow from the message's, so that they are the same when it comes again.
        """
        name, config = str(message["messageId"]), self._runtime.config

        def entries() -> Iterator[Entry]:
            return wanted(parse({"Records": [message]}), config.inputs, bool(config.steps))

        for number, entry in enumerate(found(entries), start=1):
            request_id = name if number == 1 else f"{name}-{number}"
            member = self._member(name, request_id, entry)
            if isinstance(member, Member):
                yield member
            else:
                self._report(name, request_id, member, _no_attempt)

    def _member(self, message: str, request_id: str, entry: Entry) -> Member | Ignored | Refused:
        if not isinstance(entry, Record):
            return entry
        _, claims, _ = self._runtime.stored
        try:
            key = claims.key_of(entry, request_id)
            line = line_of(document_of(entry, request_id, key))
        except Exception as error:  # the edge of a record
            return Refused(error)
        return Member(message, request_id, entry, line)

    def _submit(self, members: Sequence[Member]) -> None:
        """Submit an array job, or for one event, of which Batch makes no array, a plain one."""
        if len(members) == 1:
            alone = functools.partial(self._alone, members[0])
            self._report(members[0].message, members[0].request_id, members[0].record, alone)
            return
        try:
            job = self._array(members)
        except Exception as error:  # the fault of all of them
            for one in members:
                failed = functools.partial(_failed, error)
                self._report(one.message, one.request_id, one.record, failed)
            return
        for index, one in enumerate(members):
            submitted = functools.partial(_submitted, f"{job}:{index}")
            self._report(one.message, one.request_id, one.record, submitted)

    def _array(self, members: Sequence[Member]) -> str:
        """The id of the array job of these events, which may have been submitted before."""
        spool, _, jobs = self._runtime.stored
        manifest = rendered([one.line for one in members])
        digest = hashlib.sha256(manifest).hexdigest()
        key, note = spool.key(KIND, digest), spool.key(KIND, f"{digest}.job")
        if earlier := spool.get(note):
            return str(earlier.content["job"])
        spool.put_content(key, manifest)
        job = jobs.submit_array(digest, key, len(members))
        try:
            spool.put(note, {"job": job})
        except StorageError as error:  # the job is there all the same
            self._runtime.log.warning(f"it is not noted that job {job} was submitted: {error}")
        return job

    def _alone(self, member: Member, record: Record) -> Outcome:
        _, claims, _ = self._runtime.stored
        claim = claims.take(record, member.request_id, self._holder)
        if claim is None:
            return DUPLICATE
        return submit(self._runtime, self._task_of(member.request_id, record), claim, "submitted")

    def _report(
        self, message: str, request_id: str, entry: Entry, attempt: Callable[[Record], Outcome]
    ) -> None:
        outcome = reported(self._runtime, SERVICE, entry, request_id, attempt)
        if outcome.fault:
            self._failed[message] = None


def _submitted(job: str, _: Record) -> Outcome:
    return Outcome("submitted", job_id=job)


def _failed(fault: Exception, _: Record) -> Outcome:
    raise fault


def _no_attempt(_: Record) -> Outcome:
    raise AssertionError("no record comes here")
