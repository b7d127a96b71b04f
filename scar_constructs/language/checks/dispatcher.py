"""Settings of the Lambda function that only submits jobs, which may be meant for the jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import ExecutionMode

_OF_THE_JOB = {
    "lambda.memory": "batch.memory",
    "lambda.timeout": "batch.timeout",
    "lambda.ephemeral_storage": "batch.disk_gib",
    "lambda.environment.Variables": "batch.environment.Variables",
}
"""Of the function -> what says the same of its jobs."""


def check_dispatcher(parsed: ParsedFunction) -> Iterator[Problem]:
    """In the mode `batch` they say nothing of the script, which runs in the job."""
    if parsed.function.execution_mode is not ExecutionMode.BATCH or parsed.own is None:
        return
    for place, of_job in _OF_THE_JOB.items():
        node = parsed.own.find(place)
        if node is None or parsed.section.find(of_job) is not None:
            continue
        word = of_job.removesuffix(".Variables")
        message = "is of the Lambda function that submits the job, and not of the job itself"
        fix = f"write `{word}` for the job, or remove it"
        yield problem("setting-without-effect", node.path, node.position, message, "", fix)


DISPATCHER_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (check_dispatcher,)
