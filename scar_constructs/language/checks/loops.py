"""Checks of the data flow over all files: loops, and rules that S3 would refuse side by side."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.workflow.graph import cycle_through, strong_components
from scar_constructs.language.workflow.key_patterns import Written
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import OWN, Input
from scar_constructs.model.filters import Filter, input_filters, minimal

_Place = tuple[str, str]
"""A server and a bucket there."""


@dataclass(frozen=True)
class _Trigger:
    """One input of one function, with one of its rules."""

    owner: ParsedFunction
    source: Input
    at: Located
    rule: Filter


class _Triggers:
    """The triggers of one bucket, found by what their prefix has in common with a start of keys."""

    def __init__(self, triggers: Sequence[_Trigger]) -> None:
        self._sorted = sorted(triggers, key=lambda trigger: trigger.rule.prefix)
        self._prefixes = [trigger.rule.prefix for trigger in self._sorted]

    def related(self, start: str) -> Iterator[_Trigger]:
        """Triggers whose prefix starts with `start`, or with whose prefix `start` starts."""
        for length in range(len(start)):
            yield from self._with_prefix(start[:length])
        first = bisect_left(self._prefixes, start)
        for position in range(first, len(self._sorted)):
            if not self._prefixes[position].startswith(start):
                return
            yield self._sorted[position]

    def _with_prefix(self, prefix: str) -> Iterator[_Trigger]:
        position = bisect_left(self._prefixes, prefix)
        while position < len(self._sorted) and self._prefixes[position] == prefix:
            yield self._sorted[position]
            position += 1


def check_flow(files: Sequence[ParsedFile], report: Report) -> frozenset[str]:
    """Add a problem for each loop and for each pair of overlapping rules.

    Out: the buckets in which rules overlap.
    """
    functions = [
        parsed for file in files for parsed in file.functions if not parsed.function.retired
    ]
    by_place: dict[_Place, list[_Trigger]] = {}
    for parsed in functions:
        for place, triggers in _own_triggers(parsed).items():
            by_place.setdefault(place, []).extend(triggers)
    overlapping = frozenset(
        bucket for (_, bucket), triggers in by_place.items() if _find_overlaps(triggers, report)
    )
    _check_loops(functions, {place: _Triggers(found) for place, found in by_place.items()}, report)
    return overlapping


def _own_triggers(parsed: ParsedFunction) -> dict[_Place, list[_Trigger]]:
    """The rules of one function in each bucket, without those that another covers."""
    found: dict[_Place, list[_Trigger]] = {}
    for source, at in zip(parsed.function.inputs, parsed.inputs_at, strict=True):
        found.setdefault(parsed.function.place(source), []).extend(
            _Trigger(parsed, source, at, rule) for rule in input_filters(source)
        )
    for place, triggers in found.items():
        kept = set(minimal(trigger.rule for trigger in triggers))
        unique = {trigger.rule: trigger for trigger in reversed(triggers) if trigger.rule in kept}
        found[place] = list(reversed(unique.values()))
    return found


def _find_overlaps(found: Sequence[_Trigger], report: Report) -> bool:
    """Whether any overlap that S3 would have to tell apart; a problem is added for each pair of
    inputs that do."""
    triggers = [trigger for trigger in found if trigger.source.provider == OWN]
    order = {id(trigger): position for position, trigger in enumerate(triggers)}
    index = _Triggers(triggers)
    told: set[tuple[Located, Located]] = set()
    for trigger in triggers:
        for other in index.related(trigger.rule.prefix):
            if order[id(other)] >= order[id(trigger)] or not trigger.rule.overlaps(other.rule):
                continue
            if (trigger.at, other.at) not in told:
                told.add((trigger.at, other.at))
                _report_overlap(trigger, other, report)
    return bool(told)


def _report_overlap(trigger: _Trigger, other: _Trigger, report: Report) -> None:
    at = other.at.position
    report.add(
        problem(
            "overlap",
            trigger.at.path,
            trigger.at.position,
            f"some files under {trigger.source.bucket}/{trigger.rule.prefix} start "
            f"{other.owner.function.name} ({at.file}:{at.line}) too; S3 refuses that in "
            "notifications, so the bucket's events go through EventBridge",
            "",
            "nothing to do if both should run; else give each function a folder of its own",
        )
    )


def _check_loops(
    functions: Sequence[ParsedFunction], by_place: dict[_Place, _Triggers], report: Report
) -> None:
    edges: dict[str, dict[str, Located]] = {}
    for parsed in functions:
        edges.setdefault(parsed.function.name, {}).update(_starts(parsed, by_place))
    for name, targets in edges.items():
        if name in targets:
            _report_own_input(name, targets.pop(name), report)
    for component in strong_components(edges):
        if len(component) > 1:
            _report_loop(component, edges, report)


def _starts(parsed: ParsedFunction, by_place: dict[_Place, _Triggers]) -> dict[str, Located]:
    """The functions that this one's outputs start, each with the output that does it."""
    found: dict[str, Located] = {}
    for output, at in zip(parsed.function.outputs, parsed.outputs_at, strict=True):
        index = by_place.get(parsed.function.place(output))
        if index is None:
            continue
        written = Written(output)
        for start in sorted(written.starts):
            for trigger in index.related(start):
                name = trigger.owner.function.name
                if name not in found and written.can_pass(trigger.rule):
                    found[name] = at
    return found


def _report_own_input(name: str, at: Located, report: Report) -> None:
    report.add(
        problem(
            "writes-own-input",
            at.path,
            at.position,
            f"{name} would be started by the files it writes, for ever",
            "",
            "write to a folder that is no input of the function",
        )
    )


def _report_loop(
    component: Sequence[str], edges: dict[str, dict[str, Located]], report: Report
) -> None:
    """One problem for a group of functions that start each other, at the output that closes it."""
    start = min(component, key=lambda name: min(at.position for at in edges[name].values()))
    ring = cycle_through(start, edges, set(component))
    at = edges[ring[-2]][start]
    report.add(
        problem(
            "loop",
            at.path,
            at.position,
            f"these functions would start each other for ever: {' -> '.join(ring)}",
            "",
            "write to a folder that is no input of an earlier function",
        )
    )
