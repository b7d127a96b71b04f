"""A spool in memory, for thousands of arrivals: as consistent as S3 is.

A process may die before or after each of its requests.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Body
from scar_runtime.aws.s3 import S3
from scar_runtime.spool import Spool

PAGE = 1000


@dataclass
class MemoryS3:
    """Objects of buckets. `before` and `after` are called around each request, and may raise."""

    objects: dict[str, bytes] = field(default_factory=dict)
    sorted: list[str] = field(default_factory=list)
    times: dict[str, str] = field(default_factory=dict)
    now: str = "2026-11-27T06:00:00.000Z"
    requests: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def spool(self, function: str = "merge") -> Spool:
        return Spool(cast(S3, self), "spool", function)

    def put(self, bucket: str, key: str, body: Body, headers: Mapping[str, str]) -> str:
        assert bucket
        assert len(key.encode()) <= 1024
        self._begin("PUT")
        content = b"".join(bytes(block) for block in body.blocks())
        if "If-None-Match" in headers and key in self.objects:
            raise AwsError("PreconditionFailed", "it is there")
        if key not in self.objects:
            insort(self.sorted, key)
        self.objects[key] = content
        self.times[key] = self.now
        self.after()
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        assert bucket
        self._begin("GET")
        if key not in self.objects:
            raise AwsError("NoSuchKey", "it is not there")
        self.after()
        return self.objects[key], ""

    def listed(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        assert bucket
        first, end = (
            bisect_left(self.sorted, prefix),
            bisect_left(self.sorted, prefix + "\U0010ffff"),
        )
        found = self.sorted[first:end]
        for begin in range(0, max(len(found), 1), PAGE):
            self._begin("LIST")
            self.after()
            yield from ((key, self.times[key]) for key in found[begin : begin + PAGE])

    def remove(self, bucket: str, key: str) -> None:
        assert bucket
        self._begin("DELETE")
        if self.objects.pop(key, None) is not None:
            self.sorted.remove(key)
        self.after()

    def _begin(self, kind: str) -> None:
        self.before()
        self.requests.append(kind)
