"""Up to how many seconds for a file the one of `lambda` and `batch` is cheaper than the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scar_constructs.estimate.computing import Computing
from scar_constructs.estimate.flow import Runs
from scar_constructs.estimate.items import Crossing, total
from scar_constructs.estimate.requests import Surroundings, request_items
from scar_constructs.model import ExecutionMode, Function, limits

_STEPS = 50
_ONE = Runs(uploads=1, fed=0, first_reader=True)


def crossing_of(computing: Computing, around: Surroundings) -> Crossing | None:
    """The same script with the same memory in both modes, if it can run in both."""
    function = computing.function
    memory = _memory(function)
    if function.batch.gpus or function.batch.multi_node or not function.batch.managed:
        return None
    if memory > limits.LAMBDA_MEMORY_MAX_MIB or not function.is_derived:
        return None
    job_memory = replace(function.batch, memory_mib=max(memory, limits.BATCH_MEMORY_MIN_MIB))
    as_job = replace(function, execution_mode=ExecutionMode.BATCH, batch=job_memory)
    as_lambda = replace(
        function,
        execution_mode=ExecutionMode.LAMBDA,
        memory_mib=max(memory, limits.LAMBDA_MEMORY_MIN_MIB),
        timeout_seconds=limits.LAMBDA_TIMEOUT_MAX_SECONDS,
    )
    job = replace(computing, function=as_job)
    if not job.buys.is_fargate and job.host is None:
        return None
    here = replace(computing, function=as_lambda)

    def difference(seconds: float) -> float:
        """What Lambda costs more."""
        return _usd(here, around, seconds) - _usd(job, around, seconds)

    return _found(difference(0), difference(limits.LAMBDA_TIMEOUT_MAX_SECONDS), difference)


def _found(first: float, last: float, difference: Callable[[float], float]) -> Crossing:
    cheaper = ExecutionMode.LAMBDA if first <= 0 else ExecutionMode.BATCH
    if (first <= 0) == (last <= 0):
        return Crossing(cheaper_below=cheaper.value, seconds=None)
    low, high = 0.0, float(limits.LAMBDA_TIMEOUT_MAX_SECONDS)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if (difference(middle) <= 0) == (first <= 0):
            low = middle
        else:
            high = middle
    return Crossing(cheaper_below=cheaper.value, seconds=round(low, 1))


def _memory(function: Function) -> int:
    """That of the script: a dispatcher's own says nothing."""
    if function.execution_mode is ExecutionMode.BATCH:
        return function.batch.memory_mib
    return function.memory_mib


def _usd(computing: Computing, around: Surroundings, seconds: float) -> float:
    return total(computing.items(1, seconds)) + total(
        request_items(computing, around, _ONE, seconds)
    )
