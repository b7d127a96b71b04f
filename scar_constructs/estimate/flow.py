"""How many files reach each function in a month, by upload and from other functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scar_constructs.estimate.assumptions import Assumptions
from scar_constructs.language.workflow.graph import strong_components, topological
from scar_constructs.language.workflow.join import Application
from scar_constructs.language.workflow.key_patterns import Written
from scar_constructs.model import Function
from scar_constructs.model.filters import Filter, input_filters


@dataclass(frozen=True)
class Runs:
    """How often a function runs: for uploads, and for files of other functions. `first_reader`:
    no other function was counted that reads the same uploads."""

    uploads: float
    fed: float
    first_reader: bool

    @property
    def total(self) -> float:
        return self.uploads + self.fed


def runs_of(application: Application, assumptions: Assumptions) -> dict[str, Runs]:
    """The runs of each function. Where functions may feed each other in a circle, which the
    runtime stops, their own files are not counted."""
    functions = [one for stack in application.stacks for one in stack.functions]
    feeders = _feeders(functions)
    found: dict[str, Runs] = {}
    seen: set[object] = set()
    by_name = {one.name: one for one in functions}
    for name in topological({name: set(found) for name, found in feeders.items()}):
        function = by_name[name]
        read = _folders(function)
        uploads = _uploads(function, bool(feeders[name]), assumptions)
        fed = sum(
            found[feeder].total * assumptions.outputs.of(feeder) * folders
            for feeder, folders in feeders[name].items()
        )
        found[name] = Runs(uploads, fed, first_reader=read not in seen)
        if uploads:
            seen.add(read)
    return found


def _uploads(function: Function, is_fed: bool, assumptions: Assumptions) -> float:
    if function.retired:
        return 0
    if is_fed:
        return assumptions.files.by_function.get(function.name, 0)
    return assumptions.files.of(function.name)


def _folders(function: Function) -> object:
    """What is the same for functions that get the same uploads."""
    return frozenset(function.own_inputs) or function.name


def _feeders(functions: Sequence[Function]) -> dict[str, dict[str, int]]:
    """function -> each function that feeds it, with how many of whose output folders do."""
    found: dict[str, dict[str, int]] = {one.name: {} for one in functions}
    for reader, writer in _fed_by(functions):
        found[reader][writer] = found[reader].get(writer, 0) + 1
    for ring in strong_components(found):
        for name in ring:
            for other in ring:
                found[name].pop(other, None)
    return found


def _fed_by(functions: Sequence[Function]) -> Iterator[tuple[str, str]]:
    """A pair of names for each output folder whose files may start the first function."""
    readers: dict[str, dict[str, list[Filter]]] = {}
    for function in functions:
        for source in function.own_inputs if not function.retired else ():
            filters = readers.setdefault(source.bucket, {}).setdefault(function.name, [])
            filters += input_filters(source)
    for function in functions:
        for target in function.own_outputs:
            written = Written(target)
            for reader, filters in readers.get(target.bucket, {}).items():
                if any(written.can_pass(one) for one in filters):
                    yield reader, function.name
