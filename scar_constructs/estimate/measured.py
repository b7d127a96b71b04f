"""What executions took, in place of assumptions; and functions with far too much or too little
memory."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scar_constructs.estimate.assumptions import Amounts, Assumptions
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import Function, limits

SUCCEEDED = "succeeded"
_HEADROOM = 1.5
_RUNTIME_MIB = 100
"""What the runtime itself holds beside a script, at most."""
_STEP_MIB = 128
_TIGHT = 0.85
_WIDE = 2.0
_LONGEST_SECONDS = 366 * 86_400
_MOST_MIB = 4 * 1024**2


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Of the executions of a function that succeeded: means, and the most memory of one process."""

    runs: int
    seconds: float
    outputs: float
    peak_mib: int | None


def measured(rows: Iterable[Mapping[str, Any]]) -> dict[str, Measured]:
    """By function. `rows`: what the runtime says of executions, as log lines and reports have it; a
    row that cannot be is left out."""
    by_function: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        name = row.get("function")
        if row.get("status") != SUCCEEDED or not isinstance(name, str):
            continue
        if 0 < _number(row, "seconds") <= _LONGEST_SECONDS:
            by_function.setdefault(name, []).append(row)
    return {name: _of(some) for name, some in by_function.items()}


def _of(rows: list[Mapping[str, Any]]) -> Measured:
    known = [one for row in rows if 0 < (one := _number(row, "peak_mib")) <= _MOST_MIB]
    return Measured(
        runs=len(rows),
        seconds=statistics.fmean(row["seconds"] for row in rows),
        outputs=statistics.fmean(_outputs(row) for row in rows),
        peak_mib=math.ceil(max(known)) if known else None,
    )


def _outputs(row: Mapping[str, Any]) -> int:
    count, listed = row.get("output_count"), row.get("outputs")
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return count
    return len(listed) if isinstance(listed, list | tuple) else 0


def _number(row: Mapping[str, Any], name: str) -> float:
    """0 for what is none: an image may write into its function's log what it likes."""
    value = row.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def with_measures(
    assumptions: Assumptions, application: Application, found: Mapping[str, Measured]
) -> Assumptions:
    """Measures in the place of what is assumed for all; what is said of one function stays."""
    functions = [one for stack in application.stacks for one in stack.functions]
    seconds = {one.name: found[one.name].seconds for one in functions if one.name in found}
    outputs = {
        one.name: found[one.name].outputs / max(1, len(one.outputs))
        for one in functions
        if one.name in found
    }
    return replace(
        assumptions,
        seconds=_over(seconds, assumptions.seconds),
        outputs=_over(outputs, assumptions.outputs),
    )


def _over(found: Mapping[str, float], given: Amounts) -> Amounts:
    return Amounts(given.default, {**found, **given.by_function})


def findings(application: Application, found: Mapping[str, Measured]) -> Iterator[str]:
    """What was measured of each function, and whether its memory fits, in words."""
    for function in (one for stack in application.stacks for one in stack.functions):
        known = found.get(function.name)
        if known is None:
            yield f"{function.name}: no execution that succeeded was found; it is assumed"
            continue
        peak = f", at most {known.peak_mib} MiB in one process" if known.peak_mib else ""
        runs = f"{known.runs} run{'s' * (known.runs != 1)}"
        each = f"{known.seconds:.3g} s and {known.outputs:.3g} outputs each"
        yield f"{function.name}: {runs}, {each}{peak}"
        yield from _memory(function, known)


def _memory(function: Function, known: Measured) -> Iterator[str]:
    if known.peak_mib is None:
        return
    on_lambda = function.execution_mode.runs_on_lambda
    given = function.memory_mib if on_lambda else function.batch.memory_mib
    key = "lambda.memory" if on_lambda else "batch.memory"
    least = limits.LAMBDA_MEMORY_MIN_MIB if on_lambda else _STEP_MIB
    needed = known.peak_mib * _HEADROOM + _RUNTIME_MIB
    fits = max(least, math.ceil(needed / _STEP_MIB) * _STEP_MIB)
    if known.peak_mib + _RUNTIME_MIB > given * _TIGHT:
        yield f"{function.name}: {key} {given} is close to what it takes: try {max(fits, given)}"
    elif given >= fits * _WIDE:
        cpu = "; on Lambda it gets less CPU with it, and may take longer" if on_lambda else ""
        yield f"{function.name}: {key} {given} is far more than it takes: try {fits}{cpu}"
