"""Claims: of all deliveries of one event record, exactly one takes effect.

S3 delivers at least once, Lambda may repeat, SubmitJob knows no idempotency token, and a process
may die at any moment. A claim is one object in the spool bucket per function and object version.
It is only ever written conditionally: created if absent, replaced if unchanged.

    taken by a delivery -> running -> publishing -> done
                        \\-> submitted (a Batch job has it) -> running -> publishing -> done
    failed, from any state before done

A job of an array claims its event itself, as a delivery does.

Who meets a claim:

- the same delivery again (a retry: Lambda gives it the same request id; a Batch attempt has the
  same job id) goes on, unless the claim is done or has gone to a job
- another delivery goes on only if the claim has failed, or its holder is past its deadline;
  otherwise it is a duplicate, and does nothing

Each holder replaces the claim before it publishes. If somebody took it over in the meantime,
that fails, and the old holder publishes nothing. Who dies amid publishing leaves a part behind:
whoever goes on knows from the claim to look for it, and under which request id it was written.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any

from scar_runtime.errors import MismatchError, StorageError
from scar_runtime.events import Record
from scar_runtime.outputs import edition_of
from scar_runtime.spool import Document, Spool

RUNNING, SUBMITTED, PUBLISHING, DONE, FAILED = (
    "running",
    "submitted",
    "publishing",
    "done",
    "failed",
)
_ATTEMPTS = 10


@dataclass(frozen=True)
class Holder:
    """Who claims: a delivery (Lambda request id) or a Batch job. `deadline` is a Unix time after
    which the holder is certainly gone, None if only a failure can tell."""

    name: str
    deadline: float | None = None
    is_job: bool = False


class LostClaimError(StorageError):
    """Another holder has taken the claim over: this one must not publish."""


class Claim:
    """A claim in our hands."""

    def __init__(self, spool: Spool, document: Document) -> None:
        self._spool = spool
        self._document = document

    @property
    def key(self) -> str:
        return self._document.key

    @property
    def name(self) -> str:
        """The same for all holders of the claim, and no other claim's."""
        return self.key.rpartition("/")[2]

    @property
    def published_as(self) -> str | None:
        """The request id under which a holder, this or an earlier one, began to publish."""
        name: str | None = self._document.content.get("published_as")
        return name

    def edition(self, plan: str) -> str:
        """What the publication is called that goes by this plan: as an earlier holder called it
        that began to publish by the same one."""
        begun = self._document.content.get("edition")
        return begun if begun and begun.endswith(f"-{plan}") else edition_of(plan)

    @property
    def document(self) -> Document:
        """The claim as it was last written, from which another process of the holder goes on."""
        return self._document

    def advance(self, state: str, **facts: Any) -> None:
        """Go on to `state`. Raises `LostClaimError` if the claim is no more ours."""
        content = {**_without_reason(self._document.content), "state": state, **facts}
        document = self._spool.replace(self._document, content)
        if document is None:
            raise LostClaimError(f"the claim {self.key} was taken over: nothing is published")
        self._document = document


class Claims:
    """The claims of one function. `now` gives the Unix time."""

    def __init__(self, spool: Spool, now: Callable[[], float] = time.time) -> None:
        self._spool = spool
        self._now = now

    def take(self, record: Record, request_id: str, holder: Holder) -> Claim | None:
        """Claim a record for `holder`; None if it is a duplicate. `request_id` identifies a
        record without an object. Raises `MismatchError` for a record with the identity of
        another one, but another content."""
        identity = _identity(record, request_id)
        key = self.key_of(record, request_id)
        content = _content(record)
        fresh = {"version": 1, "of": identity, "content": content, **_held(holder)}
        for _ in range(_ATTEMPTS):
            if document := self._spool.create(key, fresh):
                return Claim(self._spool, document)
            found = self._spool.get(key)
            if found is None:
                continue  # removed in between
            _require_claim(found)
            _require_same(found.content.get("content") or {}, content, key)
            if not self._may_take(found.content, holder):
                return None
            held = {**_without_reason(found.content), **_held(holder)}
            if document := self._spool.replace(found, held):
                return Claim(self._spool, document)
        raise StorageError(f"the claim {key} changes too often")

    def is_held(self, record: Record, request_id: str) -> bool:
        """Whether another delivery works on a record and may still fail, so that this one may be
        needed yet. What is a job's, or done, needs none."""
        found = self._spool.get(self.key_of(record, request_id))
        if found is None or found.content.get("job"):
            return False
        deadline = found.content.get("deadline")
        late = isinstance(deadline, int | float) and deadline < self._now()
        return found.content.get("state") in (RUNNING, PUBLISHING) and not late

    def key_of(self, record: Record, request_id: str) -> str:
        """Where the claim on a record is, or will be."""
        identity = json.dumps(_identity(record, request_id))
        return self._spool.key("claims", hashlib.sha256(identity.encode()).hexdigest())

    def adopt(self, key: str, holder: Holder) -> Claim | None:
        """Claim for a Batch job what its dispatcher claimed for it; None if it is not, or no
        more, this job's to run."""
        for _ in range(_ATTEMPTS):
            found = self._spool.get(key)
            if found is None:
                return None
            _require_claim(found)
            # The dispatcher may have died between SubmitJob and its note of it: then the claim is
            # still "running" in the dispatcher's name, and was meant for this job all the same.
            taken = found.content.get("job") not in (None, holder.name)
            if found.content["state"] == DONE or (taken and found.content["state"] != FAILED):
                return None
            content = {**_without_reason(found.content), **_held(holder), "job": holder.name}
            if document := self._spool.replace(found, content):
                return Claim(self._spool, document)
        raise StorageError(f"the claim {key} changes too often")

    def _may_take(self, content: dict[str, Any], holder: Holder) -> bool:
        state, deadline = content["state"], content.get("deadline")
        if state == FAILED:
            return True
        if state == DONE:
            return False
        if job := content.get("job"):
            return holder.is_job and bool(job == holder.name)
        if state == SUBMITTED:
            return False
        if content["holder"] == holder.name:
            return True
        return deadline is not None and deadline < self._now()


def _without_reason(content: Mapping[str, Any]) -> dict[str, Any]:
    """A claim less what an earlier failure says in it."""
    return {name: value for name, value in content.items() if name != "reason"}


def _held(holder: Holder) -> dict[str, Any]:
    job = holder.name if holder.is_job else None
    return {"state": RUNNING, "holder": holder.name, "deadline": holder.deadline, "job": job}


def _content(record: Record) -> dict[str, str | int | None]:
    """What is the same in all deliveries of a record; None where this one does not say it."""
    if record.group:
        return {"sha256": record.group.members}
    if stored := record.object:
        etag = stored.etag.strip('"') if stored.etag else None
        return {"etag": etag, "size": stored.size}
    digest = hashlib.sha256(json.dumps([record.arguments, dict(record.parameters)]).encode())
    digest.update(record.script or b"")
    digest.update(record.payload.content if record.payload else b"")
    return {"sha256": digest.hexdigest()}


def _require_claim(found: Document) -> None:
    """Whoever may write in the function's name may have written anything."""
    kinds: dict[str, type[Any] | UnionType] = {
        "state": str,
        "holder": str,
        "job": str | None,
        "deadline": int | float | None,
        "content": dict | None,
        "published_as": str | None,
        "edition": str | None,
    }
    for name, kind in kinds.items():
        if not isinstance(found.content.get(name), kind):
            raise StorageError(f"the claim {found.key} is damaged: {name} is none of ours")


def _require_same(
    claimed: Mapping[str, str | int | None], content: Mapping[str, str | int | None], key: str
) -> None:
    for name, value in content.items():
        other = claimed.get(name)
        if other is not None and value is not None and other != value:
            raise MismatchError(
                f"the event has the identity of an earlier one, with another {name} ({value}, not"
                f" {other}): it is no duplicate, and cannot be told from one; see the claim {key}"
            )


def _identity(record: Record, request_id: str) -> list[str | None]:
    """What makes two deliveries the same: bucket, key, version or content, and order of writing;
    of a group, which files it has."""
    stored = record.object
    if record.group:
        return ["join", record.group.root, record.group.members]
    if stored is None:
        return ["request", request_id]
    version = stored.version or stored.etag
    return [stored.provider, stored.bucket, stored.key, version, stored.sequencer]
