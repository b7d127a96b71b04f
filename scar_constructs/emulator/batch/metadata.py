"""What containers may ask of their task: ECS's task metadata endpoint, version 4, as far as it says
how each container is.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from scar_constructs.emulator.batch.task import TaskRun

PATH = "/_local/ecs/v4/"
"""What stands before a task's identifier."""
_TASK = "/task"


class TaskMetadata:
    """The tasks that run now, by the identifier in their address."""

    def __init__(self) -> None:
        self._tasks: dict[str, TaskRun] = {}

    @contextmanager
    def known(self, identifier: str, run: TaskRun) -> Iterator[None]:
        """Tell of the task within the block."""
        self._tasks[identifier] = run
        try:
            yield
        finally:
            del self._tasks[identifier]

    def answer(self, path: str) -> bytes | None:
        """The answer to a request for `PATH` IDENTIFIER `/task`; None for what is not known."""
        identifier = path.removeprefix(PATH).removesuffix(_TASK)
        run = self._tasks.get(identifier)
        if run is None or not path.endswith(_TASK):
            return None
        containers = [
            {"Name": name, "KnownStatus": status, **({} if code is None else {"ExitCode": code})}
            for name, status, code in run.statuses()
        ]
        return json.dumps({"TaskARN": identifier, "Containers": containers}).encode()
