"""Warnings about an application as a whole: quotas of AWS, and settings that nothing uses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.workflow.event_patterns import event_rules
from scar_constructs.language.workflow.join import Application, Stack
from scar_constructs.language.workflow.key_patterns import Written
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import OWN, Input, Output, limits
from scar_constructs.model.filters import folder_prefix, input_filters


def check_quotas(files: Sequence[ParsedFile], application: Application, report: Report) -> None:
    """Add a warning for each quota that the application would meet in a fresh account."""
    places = {file.file.name: file.name_at for file in files}
    for stack in application.stacks:
        for bucket in stack.buckets:
            count, limit = len(bucket.notifications), limits.BUCKET_NOTIFICATIONS_MAX
            if count > limit:
                message = f"{bucket.name} sends {count} kinds of notifications; S3 allows {limit}"
                fix = "use several buckets"
                _add("many-notifications", places[stack.name], message, fix, report)


def check_event_rules(
    files: Sequence[ParsedFile], application: Application, report: Report
) -> None:
    """Add a warning where the stacks of one region have more rules than its event bus takes."""
    places = {file.file.name: file.name_at for file in files}
    limit = limits.EVENT_RULES_MAX
    by_region: dict[str | None, list[Stack]] = {}
    for stack in application.stacks:
        by_region.setdefault(stack.region, []).append(stack)
    for stacks in by_region.values():
        counts = list(accumulate(event_rules(stack) for stack in stacks))
        beyond = [stack for stack, count in zip(stacks, counts, strict=True) if count > limit]
        if beyond:
            message = f"the files need {counts[-1]} rules of EventBridge; a region has {limit}"
            fix = "give overlapping inputs buckets of their own, or have AWS raise the quota"
            _add("many-rules", places[beyond[0].name], message, fix, report)


def check_unused_settings(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for settings of a bucket that no function uses."""
    used = _used_buckets(files)
    for file in files:
        for bucket, place in file.buckets_at.items():
            if bucket not in used:
                fix = "correct the name, or remove the settings"
                _add("unused-bucket-settings", place, "no function uses this bucket", fix, report)


def _used_buckets(files: Sequence[ParsedFile]) -> set[str]:
    """The buckets that functions read or write."""
    functions = [function for file in files for function in file.file.functions]
    used = {source.bucket for function in functions for source in function.own_inputs}
    return used | {target.bucket for function in functions for target in function.own_outputs}


def check_copies(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a problem for each bucket of ours that is to take logs or copies of others.

    A log of each read and each copy would start functions, or be the log of a log.
    """
    used = _used_buckets(files)
    for file in files:
        for place, taker in _takers(file):
            if taker in used:
                message = f"{taker} takes logs or copies, and functions use it too"
                fix = "name a bucket that no function uses"
                _add("takes-logs-or-copies", place, message, fix, report)


def _takers(file: ParsedFile) -> Iterator[tuple[Located, str]]:
    """The buckets that are to take logs or copies, and where the file says so."""
    if file.file.options.access_logs:
        yield file.options_at["access_logs"], file.file.options.access_logs.bucket
    for name, settings in file.file.buckets.items():
        if settings.access_logs:
            yield file.buckets_at[name], settings.access_logs.bucket
        if settings.replicate_to:
            yield file.buckets_at[name], settings.replicate_to


def check_spools(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a problem for each spool that is to be in a bucket with another use."""
    taken = _used_buckets(files) | {taker for file in files for _, taker in _takers(file)}
    for file in files:
        spool = file.file.options.spool
        if spool in taken:
            message = f"{spool} has another use, and the spool is a bucket of its own"
            _add("spool-taken", file.options_at["spool"], message, "choose another name", report)
        elif spool:
            taken.add(spool)


def check_flow_logs(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for flow logs of a network that is not made."""
    for file in files:
        made = any(one.needs_network for one in file.file.functions)
        if file.file.options.flow_logs and not made:
            message = "has no effect: no job of this file needs the network that is made for jobs"
            at = file.options_at["flow_logs"]
            _add("setting-without-effect", at, message, "remove it", report)


def check_regions(files: Sequence[ParsedFile], application: Application, report: Report) -> None:
    """Add a problem for each use of a bucket that a stack of another region makes."""
    owners = {bucket.name: stack for stack in application.stacks for bucket in stack.buckets}
    for file in files:
        for parsed in file.functions:
            function = parsed.function
            places: list[tuple[Input | Output, Located]] = [
                *zip(function.inputs, parsed.inputs_at, strict=True),
                *zip(function.outputs, parsed.outputs_at, strict=True),
            ]
            for place, at in places:
                owner = owners.get(place.bucket) if place.provider == OWN else None
                if owner is None or None in (owner.region, file.file.region):
                    continue
                if owner.region != file.file.region:
                    message = (
                        f"{place.bucket} is made in {owner.region} with the stack {owner.name}, "
                        f"and this function is in {file.file.region}"
                    )
                    fix = "give the files one region, or let `replicate_to` carry files over"
                    _add("region-of-bucket", at, message, fix, report)


def check_fed_inputs(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for an input whose filters stop all that the workflow writes there."""
    functions = [parsed for file in files for parsed in file.functions]
    outputs = _Outputs(functions)
    for parsed in functions:
        for source, at in zip(parsed.function.inputs, parsed.inputs_at, strict=True):
            if not source.prefixes and not source.suffixes:
                continue
            writers = outputs.under(parsed.function.place(source), source)
            if writers and not _can_any_pass(writers, source):
                names = ", ".join(dict.fromkeys(name for name, _ in writers))
                message = f"{names} writes here, but nothing that passes the filters of this input"
                fix = "make the filters of the two agree"
                _add("suffix-never-written", at, message, fix, report)


def _can_any_pass(writers: Sequence[tuple[str, Written]], source: Input) -> bool:
    filters = input_filters(source)
    return any(written.can_pass(one) for _, written in writers for one in filters)


class _Outputs:
    """The outputs of all functions, found by the folder that they write to."""

    def __init__(self, functions: Sequence[ParsedFunction]) -> None:
        found = [
            (
                (*parsed.function.place(output), folder_prefix(output.folder)),
                parsed.function.name,
                Written(output),
            )
            for parsed in functions
            for output in parsed.function.outputs
        ]
        found.sort(key=lambda entry: entry[0])
        self._places = [place for place, _, _ in found]
        self._outputs = [(name, written) for _, name, written in found]

    def under(self, place: tuple[str, str], source: Input) -> list[tuple[str, Written]]:
        """The outputs that write under the input's folder, with the names of their functions."""
        prefix = folder_prefix(source.folder)
        first = last = bisect_left(self._places, (*place, prefix))
        while last < len(self._places):
            server, bucket, folder = self._places[last]
            if (server, bucket) != place or not folder.startswith(prefix):
                break
            last += 1
        return self._outputs[first:last]


def _add(rule: str, at: Located, message: str, fix: str, report: Report) -> None:
    report.add(problem(rule, at.path, at.position, message, "", fix))
