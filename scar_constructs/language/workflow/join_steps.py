"""The way from the function whose executions are joined to the function that joins them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.workflow.key_patterns import can_trigger
from scar_constructs.model import EmptyPlace, Function, Input, JoinStep, Output, Taker
from scar_constructs.model.filters import Filter, folder_prefix, input_filters


@dataclass(frozen=True)
class JoinWay:
    """All functions whose outputs come to the input `source` of `join`, without going back beyond
    the function `of`, and the inputs among theirs that none of them feeds."""

    join: Function
    source: Input
    of: str
    before: tuple[Function, ...]

    def takers(self, function: Function) -> tuple[Taker, ...]:
        """Who takes the function's outputs on the way, by their names."""
        found = []
        for one in (*self.before, self.join):
            # A retired function hands on what it has, and is given nothing new.
            if one.name == self.of or one.retired:
                continue
            inputs = (self.source,) if one is self.join else one.own_inputs
            taking = tuple(source for source in inputs if feeds(function, source))
            if taking:
                found.append(Taker(function=one.name, inputs=taking))
        return tuple(sorted(found, key=lambda taker: taker.function))

    def fed_from_elsewhere(self) -> Iterator[tuple[Function, Input]]:
        """The inputs of functions on the way that none of the others writes to."""
        for one in self.before:
            for source in one.own_inputs if one.name != self.of else ():
                if not any(feeds(other, source) for other in self.before):
                    yield one, source


def feeds(function: Function, source: Input) -> bool:
    """Whether an output of the function may be taken by the input."""
    return any(can_trigger(output, source) for output in function.own_outputs)


def join_way(join: Function, source: Input, of: str, functions: Sequence[Function]) -> JoinWay:
    """Look back from a join's input."""
    found: dict[str, Function] = {}
    waiting = [source]
    while waiting:
        wanted = waiting.pop()
        for one in functions:
            if one.name not in found and one.name != join.name and feeds(one, wanted):
                found[one.name] = one
                waiting += one.own_inputs if one.name != of else ()
    before = tuple(found[name] for name in sorted(found))
    return JoinWay(join, source, of, before)


def active(files: Sequence[ParsedFile]) -> list[Function]:
    """The functions that are started by new files."""
    every = (parsed.function for file in files for parsed in file.functions)
    return [function for function in every if not function.retired]


def ways(functions: Sequence[Function]) -> Iterator[JoinWay]:
    """The ways to all joins of executions, in the order of the functions."""
    for function in functions:
        for source in function.own_inputs:
            if source.join is not None and source.join.of is not None:
                yield join_way(function, source, source.join.of, functions)


def with_join_steps(files: Sequence[ParsedFile]) -> list[ParsedFile]:
    """The files, whose functions know what they hand on to joins."""
    steps: dict[str, list[JoinStep]] = {}
    for way in ways([parsed.function for file in files for parsed in file.functions]):
        for function in way.before:
            takers = way.takers(function)
            place = _empty_place(function, takers)
            if place is not None:
                steps.setdefault(function.name, []).append(
                    JoinStep(
                        join=way.join.name,
                        opens=function.name == way.of,
                        takers=takers,
                        empty=place,
                    )
                )
    return [_with_steps(file, steps) for file in files] if steps else list(files)


def _with_steps(file: ParsedFile, steps: dict[str, list[JoinStep]]) -> ParsedFile:
    parsed = tuple(
        replace(one, function=replace(one.function, join_steps=tuple(steps[one.function.name])))
        if one.function.name in steps
        else one
        for one in file.functions
    )
    models = tuple(one.function for one in parsed)
    return replace(file, file=replace(file.file, functions=models), functions=parsed)


def _empty_place(function: Function, takers: Sequence[Taker]) -> EmptyPlace | None:
    """Where the function may write something that the first of the takers takes."""
    for taker in takers:
        for source in taker.inputs:
            for output in function.own_outputs:
                for one in input_filters(source) if can_trigger(output, source) else ():
                    start = _common_start(output, one)
                    if start is not None:
                        return EmptyPlace(
                            function=taker.function,
                            bucket=output.bucket,
                            start=start,
                            end=one.suffix,
                        )
    return None


def _common_start(output: Output, one: Filter) -> str | None:
    """What a key starts with that is in the output's folder and passes the filter."""
    own = folder_prefix(output.folder)
    longer, shorter = sorted((own, one.prefix), key=len, reverse=True)
    return longer if longer.startswith(shorter) else None
