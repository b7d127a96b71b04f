"""A job of a function without a script whose image is used as it is: it runs what the image runs.

Nothing of ours is in that container, and its ENTRYPOINT stays in force. So the program learns of
its event by what SubmitJob overrides, and ECS is asked how it ended. A script that comes with the
event is brought to it by the launcher, as that of a function with a script.
"""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from scar_runtime.config import Config
from scar_runtime.environment import PARAMETER
from scar_runtime.errors import EventError, ScarError
from scar_runtime.events import Record
from scar_runtime.program import SHELL
from scar_runtime.runtime import Runtime
from scar_runtime.stages.volume import Volume
from scar_runtime.task import Task, input_path
from scar_runtime.workspace import work_folder

PROGRAM = "program"
"""The container of the image. The job definition has this name, too."""
OVERRIDE_CHARACTERS = 7_000
"""ECS takes 8,192 characters of overrides as JSON, those among them that Batch makes itself:
https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html"""
_LEFT_OUT = ("INSTANCE_IP",)
"""Known on the job's own machine only."""
_SPARED = ("EVENT", PARAMETER)
"""Variables, by how they begin, that are left out where there is no room for them."""
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 5


class MetadataError(ScarError):
    """ECS does not tell how a container ended."""


def runs_own_command(config: Config, record: Record) -> bool:
    """Whether the image's own command runs for the record, and no script."""
    return config.script is None and record.script is None


def override(runtime: Runtime, task: Task) -> dict[str, Any] | None:
    """What a job of the task overrides of the container `program`; None for nothing.

    Raises `EventError` where the event's arguments are too long.
    """
    if runtime.config.script is not None or not runtime.settings.job_containers:
        return None
    record, volume = task.record, Volume()
    if record.script is not None:
        return {"name": PROGRAM, "command": [SHELL, str(volume.launcher)]}
    found = {"name": PROGRAM, "environment": _environment(_variables(runtime, task))}
    if record.arguments:
        found["command"] = list(record.arguments)
    size = len(json.dumps(found))
    if size > OVERRIDE_CHARACTERS:
        raise EventError(
            "the event's arguments are too long for a job whose image is used as it is: with the"
            f" event's variables they have {size} characters, and {OVERRIDE_CHARACTERS} are allowed"
        )
    return found


def _variables(runtime: Runtime, task: Task) -> dict[str, str]:
    """What a script would be told, as far as it is known before the job, and as there is room."""
    record, work = task.record, work_folder(task.request_id)
    parameters = runtime.executor.parameters(task)
    variables = {
        # Here they would replace the image's own, which only those with the prefix may.
        **{name: value for name, value in parameters.items() if name.startswith(PARAMETER)},
        **runtime.executor.variables(task, work, input_path(record, work)),
        "AWS_LAMBDA_REQUEST_ID": task.request_id,
        "AWS_LAMBDA_FUNCTION_NAME": runtime.config.name,
    }
    if runtime.config.payload:
        variables["EXTRA_PAYLOAD"] = str(Volume().payload)
    needed = {
        name: value
        for name, value in variables.items()
        if name not in _LEFT_OUT and not name.startswith(_SPARED)
    }
    spared = [name for name in variables if name.startswith(_SPARED)]
    size = len(json.dumps([list(record.arguments), _environment(needed)]))
    for name in sorted(spared, key=lambda one: len(variables[one])):
        size += len(json.dumps(_environment({name: variables[name]})))
        if size <= OVERRIDE_CHARACTERS:
            needed[name] = variables[name]
        else:
            runtime.log.warning(
                f"there is no room for a variable of this job: {name} is not set",
                request_id=task.request_id,
            )
    return needed


def _environment(variables: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def exit_code(metadata_url: str | None) -> int | None:
    """How the container `program` ended; None if it never ran. Raises `MetadataError`.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
    """
    if not metadata_url:
        raise MetadataError("ECS_CONTAINER_METADATA_URI_V4 is not set: not a container of ECS")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            containers = _asked(metadata_url)["Containers"]
            codes = [one.get("ExitCode") for one in containers if one["Name"] == PROGRAM]
            return None if codes[0] is None else int(codes[0])
        except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
            if attempt == _ATTEMPTS:
                raise MetadataError(f"ECS does not tell how the image ended: {error!r}") from error
            time.sleep(0.5 * attempt)
    raise AssertionError("the last attempt returns or raises")


def _asked(metadata_url: str) -> Any:
    parts = urlsplit(metadata_url)
    # Not through a proxy: the address is one of this machine's only.
    connection = HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path}/task")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        return json.loads(body)
    finally:
        connection.close()
