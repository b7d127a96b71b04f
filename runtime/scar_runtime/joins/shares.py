"""Which files of a publication go on to a join, and the ticket that each gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scar_runtime.config import OWN, Step
from scar_runtime.errors import StorageError
from scar_runtime.events.filters import EMPTY
from scar_runtime.joins.tickets import (
    MOST_BYTES,
    MOST_PARTS,
    MOST_STEPS,
    Part,
    Ticket,
    group_text,
    tickets,
)
from scar_runtime.outputs import Upload

_ID_LETTERS = 32


@dataclass(frozen=True)
class _Allotment:
    """The files of one publication for one join: path of the upload -> function -> its place."""

    step: Step
    part: Part | None
    slots: Mapping[str, Mapping[str, int]]
    count: int


class Shares:
    """What one publication hands on. `metadata` is the input's; `uploads` are the outputs; `stem`
    is what people call the input."""

    def __init__(
        self,
        function: str,
        steps: Sequence[Step],
        metadata: Mapping[str, str],
        uploads: Sequence[Upload],
        stem: str,
    ) -> None:
        self._function = function
        self._uploads = uploads
        self._stem = stem
        given = {ticket.join: ticket.part(function) for ticket in tickets(metadata)}
        self.is_empty = any(part and part.is_empty for part in given.values())
        found = []
        for step in steps:
            part = None if step.opens else given.get(step.join)
            if part or (step.opens and not self.is_empty):
                found.append(_allotted(step, part, uploads))
        self._allotted = found

    @property
    def plan(self) -> str:
        """Eight digits that are the same for the same keys, and differ for others; empty where
        nothing goes to a join."""
        if not self._allotted:
            return ""
        keys = [[one.step.join, sorted(one.slots)] for one in self._allotted]
        return hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:8]

    def marked(self, claim: str, edition: str, nothing: Path) -> list[Upload]:
        """The uploads with their tickets, and those that stand for nothing.

        `claim` and `edition` name the publication; `nothing` is an empty file. Raises
        `StorageError` for a ticket that no object could carry.
        """
        texts: dict[str, list[str]] = {}
        for one in self._allotted:
            base = self._base(one, claim, edition)
            for path, slots in one.slots.items():
                texts.setdefault(path, []).append(replace(base, slots=slots).text)
        found = [_with(upload, texts.get(upload.path)) for upload in self._uploads]
        for one in self._allotted:
            if one.count == 0:
                base = self._base(one, claim, edition)
                found.append(_nothing(one.step, replace(base, count=1, is_empty=True), nothing))
        return found

    def _base(self, one: _Allotment, claim: str, edition: str) -> Ticket:
        """The ticket that all files of one allotment have in common."""
        if one.part:
            part = one.part
            return Ticket(part.join, part.root, part.group, part.shares, {}, one.count, edition)
        identity = json.dumps([self._function, claim, edition])
        root = hashlib.sha256(identity.encode()).hexdigest()[:_ID_LETTERS]
        return Ticket(one.step.join, root, group_text(self._stem), (), {}, one.count)


def _allotted(step: Step, part: Part | None, uploads: Sequence[Upload]) -> _Allotment:
    """Number the files that any function takes on the way to the join, in the order of keys."""
    slots: dict[str, dict[str, int]] = {}
    count = 0
    for upload in sorted(uploads, key=lambda one: one.path):
        for taker in step.takers:
            if upload.provider == OWN and taker.takes(upload.bucket, upload.key):
                slots.setdefault(upload.path, {})[taker.function] = count
                count += 1
    if count > MOST_PARTS:
        raise StorageError(f"{count} files for {step.join}, which joins {MOST_PARTS} at most")
    if part and len(part.shares) > MOST_STEPS:
        raise StorageError(f"more than {MOST_STEPS} functions stand before {step.join}")
    return _Allotment(step, part, slots, count)


def _with(upload: Upload, texts: Sequence[str] | None) -> Upload:
    if not texts:
        return upload
    value = ",".join(texts)
    if len(value) > MOST_BYTES:
        text = f"what {upload.label} would carry for its joins has over {MOST_BYTES} bytes"
        raise StorageError(f"{text}: too many functions, or too long names, on the way")
    return replace(upload, joins=value)


def _nothing(step: Step, ticket: Ticket, file: Path) -> Upload:
    """The object that tells the next function that there is nothing. Its key follows from the
    ticket, so that whoever publishes again writes the same one."""
    ticket = replace(ticket, slots={step.empty.function: 0})
    name = hashlib.sha256(ticket.text.encode()).hexdigest()[:16]
    place = step.empty
    upload = Upload(file, place.bucket, f"{place.start}{EMPTY}{name}{place.end}")
    return _with(upload, [ticket.text])
