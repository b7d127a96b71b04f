"""Events that come through a function's queue: SQS gathers them in windows, brings again what the
function gave back, and in the end moves it to the failure queue."""

from __future__ import annotations

import functools
import json
import random
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

from scar_runtime.errors import ScarError
from scar_runtime.handler import Invocation

from scar_constructs.model.limits import BURST_RECEIVES_MAX
from scar_constructs.operate.redrive.failures import FailedJob, Failure
from tests.runtime.functions import FakeBatch, Function, Invoked
from tests.support.deliveries import HOSTS, LATER_SECONDS, Killed, Platform

QUEUE = "arn:aws:sqs:us-east-1:123456789012:scar-events-f"
WINDOW_MAX = 8
Message = dict[str, Any]


def message(event: Any) -> Message:
    """What SQS brings of one event, as Lambda hands it on."""
    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "handle",
        "body": event if isinstance(event, str) else json.dumps(event),
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
    }


class Windows(Platform):
    """Delivers events of one function through its queue."""

    def deliver_all(self, events: Sequence[Any], source: random.Random, workers: int) -> None:
        """Until each message was taken, or was given back too often. What is given back is hidden
        for longer than any call lasts."""
        waiting = [message(event) for event in events]
        for received in range(BURST_RECEIVES_MAX):
            source.shuffle(waiting)
            windows = list(_windows(waiting, source))
            own = replace(self.function, ahead=received * LATER_SECONDS)
            deliver = functools.partial(self._deliver_window, own)
            with ThreadPoolExecutor(workers) as pool:
                waiting = [one for back in pool.map(deliver, windows) for one in back]
        for one in waiting:
            self.failures.append(Failure(self.name, "gave up", json.loads(one["body"])))

    def _deliver_window(self, made: Function, window: Sequence[Message]) -> list[Message]:
        """What comes again of a window; what was submitted runs, however the call has ended."""
        was = self.function.batch
        name = f"job-{uuid.uuid4()}"
        own = replace(made, batch=FakeBatch(before=was.before, after=was.after, name=name))
        back = self._call(own, window)
        for number, job in enumerate(own.batch.jobs):
            size = job.get("arrayProperties", {}).get("size")
            if size is None:
                self.run_job(own, number)
            for index in range(size or 0):
                self._run_member(own, number, index)
        return back

    def _run_member(self, made: Function, number: int, index: int) -> None:
        """Run one job of an array, and keep it if it fails for good."""
        if not any(self.run(lambda one: one.member(number, index), made) for _ in range(HOSTS)):
            key, name = made.batch.event_key(number), f"{made.batch.name}-{number + 1}:{index}"
            job = FailedJob(name, key, index)
            self.failures.append(Failure(self.name, "the job failed", job=job))

    def _call(self, made: Function, window: Sequence[Message]) -> list[Message]:
        befalls = self.process()
        ahead = made.ahead + befalls.ahead
        runtime = replace(made, client=befalls.client, ahead=ahead).runtime(SCAR_EVENT_QUEUE=QUEUE)
        befalls.prepare(runtime)
        with closing(runtime.connections):
            try:
                answer = Invocation(runtime, Invoked()).dispatch({"Records": list(window)})
            except (ScarError, Killed):
                return list(window)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        return [one for one in window if one["messageId"] in failed]


def _windows(waiting: Sequence[Message], source: random.Random) -> Iterator[Sequence[Message]]:
    begin = 0
    while begin < len(waiting):
        size = source.randint(1, WINDOW_MAX)
        yield waiting[begin : begin + size]
        begin += size
