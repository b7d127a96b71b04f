"""Lines of log groups, in the order of time, and which of them are the runtime's own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scar_constructs.model.names import PROGRAM_CONTAINER
from scar_constructs.operate.parallel import in_order
from scar_constructs.operate.session import Session

OWN = '{"scar"'
"""How the runtime's own lines begin; it sees to it that no line of a script does, but in the
container `program`, which prints past it."""
LAMBDA, BATCH = "lambda", "batch"
_NEWEST_STREAMS, _NEWEST_LINES = 3, 100
_PLATFORM = re.compile(
    r"(?:START|END|REPORT) RequestId: |INIT_(?:START|REPORT) |XRAY TraceId: |EXTENSION\t"
)
_REQUEST = re.compile(r"START RequestId: ([0-9a-f-]{36})")


@dataclass(frozen=True)
class Line:
    """One line: when (milliseconds of Unix time), where, and what; `copy` tells it from the same
    line of the same moment."""

    time: int
    group: str
    stream: str
    text: str
    copy: int = 0

    @property
    def function(self) -> str:
        return self.group.rpartition("/")[2]

    @property
    def service(self) -> str:
        return LAMBDA if self.group.startswith("/aws/lambda/") else BATCH

    @property
    def task(self) -> str:
        """Of a job's containers, what all of one task have in common."""
        return self.stream.rpartition("/")[2]

    @property
    def own(self) -> Mapping[str, Any] | None:
        """What the runtime says in the line; None if it is no line of the runtime's."""
        if not self.text.startswith(OWN) or self.is_programs:
            return None
        try:
            document = json.loads(self.text)
        except (ValueError, RecursionError):  # cut by the platform, or forged
            return None
        return document if isinstance(document, dict) else None

    @property
    def is_programs(self) -> bool:
        """Whether a program printed it that has the log to itself."""
        return self.service == BATCH and f"/{PROGRAM_CONTAINER}/" in self.stream

    @property
    def is_platform(self) -> bool:
        """Whether Lambda itself wrote it."""
        return self.service == LAMBDA and _PLATFORM.match(self.text) is not None

    @property
    def begins(self) -> str | None:
        """The request that Lambda begins with this line."""
        found = _REQUEST.match(self.text) if self.service == LAMBDA else None
        return found[1] if found else None


class LogReader:
    """Reads log groups of one account and region. A group that is not there has no lines."""

    def __init__(self, session: Session) -> None:
        self._logs = session.client("logs")

    def search(
        self,
        groups: Iterable[str],
        pattern: str = "",
        *,
        since: int,
        until: int | None = None,
    ) -> list[Line]:
        """The lines of the groups that match a filter pattern of CloudWatch Logs, between two
        moments in milliseconds of Unix time."""
        found = in_order(lambda group: self._read(group, pattern, since, until), groups)
        lines = [line for some in found for line in some]
        # The sort is stable: within a stream the order is kept.
        return sorted(lines, key=lambda line: line.time)

    def newest(self, group: str) -> list[Line]:
        """The last lines of the streams of a group that were written last, the newest first. Other
        than a search, it costs the same however much the group holds."""
        try:
            streams = self._logs.describe_log_streams(
                logGroupName=group, orderBy="LastEventTime", descending=True, limit=_NEWEST_STREAMS
            )["logStreams"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise
        lines = [line for one in streams for line in self._end(group, str(one["logStreamName"]))]
        return sorted(lines, key=lambda line: line.time, reverse=True)

    def _end(self, group: str, stream: str) -> list[Line]:
        answer = self._logs.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=False, limit=_NEWEST_LINES
        )
        named = [{**one, "logStreamName": stream} for one in answer["events"]]
        return list(_lines(group, named))[::-1]

    def _read(self, group: str, pattern: str, since: int, until: int | None) -> list[Line]:
        """One group. Empty pages with a token are normal, and a paginator goes on:
        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
        """
        asked: dict[str, Any] = {"logGroupName": group, "startTime": max(since, 0)}
        if pattern:
            asked["filterPattern"] = pattern
        if until is not None:
            asked["endTime"] = until
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(**asked)
            events = (one for page in pages for one in page.get("events", ()))
            return list(_lines(group, events))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise


def _lines(group: str, events: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    copies: Counter[tuple[int, str, str]] = Counter()
    for event in events:
        text = str(event["message"]).rstrip("\r\n")
        place = (int(event["timestamp"]), str(event["logStreamName"]), text)
        yield Line(place[0], group, place[1], text, copies[place])
        copies[place] += 1


def of_request(lines: Iterable[Line], request_id: str) -> list[Line]:
    """Of a stream of Lambda's, which has one request after the other, the lines of one."""
    found, inside = [], False
    for line in lines:
        if (begun := line.begins) is not None:
            inside = begun == request_id
        if inside:
            found.append(line)
    return found
