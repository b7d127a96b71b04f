"""Join functions by the buckets they share, and settle which stack owns which bucket.

In: the files that were loaded together. Out: an `Application`, whose stacks stand in the order in
which they can be deployed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.workflow.graph import cycle_through, strong_components, topological
from scar_constructs.language.workflow.ownership import Owned, find_keys, find_owners
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import (
    BucketSettings,
    Function,
    StackOptions,
    Variables,
)
from scar_constructs.model.filters import input_filters, minimal
from scar_constructs.model.limits import BOOTSTRAP_STACK, NETWORK_STACK


@dataclass(frozen=True, kw_only=True)
class Notification:
    """New keys with this prefix and suffix are sent to the function (either may be empty), or
    to its queue."""

    function_name: str
    prefix: str
    suffix: str
    to_queue: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An EventBridge rule in a function's stack: new keys of the bucket start the function.

    It takes the place of notifications where a bucket is not ours, or where filters overlap. A key
    passes when it has the prefix and the suffix of any of `filters`; no filter passes all. The
    rule of a retired function is there, but not `enabled`. `existing`: no stack makes the bucket.
    """

    function_name: str
    bucket: str
    filters: tuple[Notification, ...] = ()
    enabled: bool = True
    existing: bool = False


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket that one stack owns, with everybody whom it notifies (maybe in other stacks).

    With `event_bridge` it sends its events to EventBridge, where rules of the functions' stacks
    choose; then it has no notifications.
    """

    name: str
    settings: BucketSettings
    notifications: tuple[Notification, ...]
    event_bridge: bool = False


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One file's functions and the buckets it owns. `depends_on` names stacks deployed before.

    `kms_keys`: bucket -> ARN of its key, for all buckets that the functions use, whoever owns them.
    """

    name: str
    functions: tuple[Function, ...]
    buckets: tuple[Bucket, ...]
    depends_on: tuple[str, ...]
    tags: Variables
    region: str | None
    rules: tuple[Rule, ...] = ()
    kms_keys: Variables = field(default_factory=dict)
    options: StackOptions = field(default_factory=StackOptions)

    @property
    def has_service_failures(self) -> bool:
        """Whether services, and not functions alone, send to a failure queue: Batch of its jobs,
        rules of EventBridge, and the queues of functions."""
        return bool(self.rules) or any(
            one.execution_mode.runs_on_batch or one.event_queue or _looks_for_overdue(one)
            for one in self.functions
        )


def _looks_for_overdue(function: Function) -> bool:
    source = function.join_input
    return bool(source and source.join and source.join.after_seconds)


@dataclass(frozen=True, kw_only=True)
class Application:
    """All stacks, in deploy order."""

    stacks: tuple[Stack, ...]


def join(files: Sequence[ParsedFile], overlapping: frozenset[str], report: Report) -> Application:
    """The application of the files; problems of the whole go to the report.

    In the buckets of `overlapping` some rules overlap, which S3 refuses; their events, and those
    of buckets that no stack of ours owns, reach the functions through EventBridge. With errors in
    the report the result may be incomplete, and must not be used.
    """
    notifications = _notifications(files)
    owners = find_owners(files, report)
    read = {bucket for file in files for bucket in _read_buckets(file)}
    followed = overlapping.union(
        (bucket for bucket in read if bucket not in owners),
        (bucket for bucket, owned in owners.items() if owned.settings.event_bridge),
    )
    keys = find_keys(files, owners)
    drafts = [_draft(file, owners, notifications, followed, keys) for file in files]
    stacks = _with_dependencies(drafts)
    return Application(stacks=_in_deploy_order(stacks, files, report))


def _read_buckets(file: ParsedFile) -> set[str]:
    return {source.bucket for function in file.file.functions for source in function.own_inputs}


def _notifications(files: Sequence[ParsedFile]) -> dict[str, list[Notification]]:
    """Whom each bucket notifies, in the order of the files."""
    found: dict[str, list[Notification]] = {}
    for file in files:
        for function in file.file.functions:
            if function.retired:
                continue
            for bucket in dict.fromkeys(source.bucket for source in function.own_inputs):
                found.setdefault(bucket, []).extend(_filters(function, bucket))
    return found


def _filters(function: Function, bucket: str) -> list[Notification]:
    """What starts the function in this bucket."""
    filters = minimal(
        one
        for source in function.own_inputs
        if source.bucket == bucket
        for one in input_filters(source)
    )
    return [
        Notification(
            function_name=function.name,
            prefix=one.prefix,
            suffix=one.suffix,
            to_queue=function.is_queued,
        )
        for one in filters
    ]


def _draft(
    file: ParsedFile,
    owners: dict[str, Owned],
    notifications: dict[str, list[Notification]],
    followed: frozenset[str],
    keys: Mapping[str, str],
) -> Stack:
    functions = file.file.functions
    used = {source.bucket for function in functions for source in function.own_inputs}
    used |= {target.bucket for function in functions for target in function.own_outputs}
    return Stack(
        name=file.file.name,
        functions=file.file.functions,
        buckets=tuple(
            Bucket(
                name=bucket,
                settings=owned.settings,
                notifications=() if bucket in followed else tuple(notifications.get(bucket, ())),
                event_bridge=bucket in followed,
            )
            for bucket, owned in owners.items()
            if owned.stack == file.file.name
        ),
        depends_on=(),
        tags=file.file.tags,
        region=file.file.region,
        rules=tuple(_rules(file, owners, followed)),
        kms_keys={bucket: keys[bucket] for bucket in sorted(used) if bucket in keys},
        options=file.file.options,
    )


def _rules(file: ParsedFile, owners: Collection[str], followed: frozenset[str]) -> Iterator[Rule]:
    """The rules of the file's functions on the buckets that EventBridge hears."""
    for function in file.file.functions:
        for bucket in dict.fromkeys(source.bucket for source in function.own_inputs):
            if bucket in followed:
                yield Rule(
                    function_name=function.name,
                    bucket=bucket,
                    filters=tuple(_filters(function, bucket)),
                    enabled=not function.retired,
                    existing=bucket not in owners,
                )


def _with_dependencies(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks with those that have to be deployed before each.

    A bucket can notify only functions that are there, so their stacks go first. Rules should be
    there before a bucket turns to EventBridge, or events between the two are lost; but where that
    would make a ring, the rules wait.
    """
    homes = {function.name: stack.name for stack in stacks for function in stack.functions}
    notified = {stack.name: _notified(stack, homes) for stack in stacks}
    followers = {stack.name: _followers(stack, stacks) for stack in stacks}
    wanted = {name: sorted(first | followers[name]) for name, first in notified.items()}
    rings = [set(ring) for ring in strong_components(wanted)]
    found = []
    for stack in stacks:
        (ring,) = [ring for ring in rings if stack.name in ring]
        needed = notified[stack.name] | (followers[stack.name] - ring)
        found.append(replace(stack, depends_on=tuple(sorted(needed - {stack.name}))))
    return found


def _notified(stack: Stack, homes: Mapping[str, str]) -> set[str]:
    """The stacks of the functions that this stack's buckets notify."""
    return {homes[one.function_name] for bucket in stack.buckets for one in bucket.notifications}


def _followers(stack: Stack, stacks: Sequence[Stack]) -> set[str]:
    """The stacks whose rules follow a bucket of this one."""
    turned = {bucket.name for bucket in stack.buckets if bucket.event_bridge}
    return {other.name for other in stacks for rule in other.rules if rule.bucket in turned}


def _in_deploy_order(
    stacks: Sequence[Stack], files: Sequence[ParsedFile], report: Report
) -> tuple[Stack, ...]:
    needs = {stack.name: stack.depends_on for stack in stacks}
    for ring in strong_components(needs):
        if len(ring) > 1:
            round_trip = cycle_through(min(ring), needs, set(ring))
            file = next(file for file in files if file.file.name == min(ring))
            report.add(
                problem(
                    "stack-ring",
                    file.name_at.path,
                    file.name_at.position,
                    "the buckets of these files notify each other's functions in a ring, so that "
                    f"none can be deployed first: {' -> '.join(round_trip)}",
                    "",
                    "put these functions into one file, or name the buckets' owner in `buckets`",
                )
            )
            return tuple(stacks)
    by_name = {stack.name: stack for stack in stacks}
    return tuple(by_name[name] for name in topological(needs))


def check_names(files: Sequence[ParsedFile], report: Report) -> None:
    """Each function and each stack has a name of its own."""
    functions: dict[str, ParsedFunction] = {}
    stacks: dict[str, ParsedFile] = {}
    for file in files:
        other = stacks.setdefault(file.file.name, file)
        if other is not file:
            report.add(
                problem(
                    "workflow-name-taken",
                    file.name_at.path,
                    file.name_at.position,
                    f"the stack is named as that of {other.file.path}",
                    f'"{file.file.name}"',
                    "give the file another `workflow:` name",
                )
            )
        _check_reserved(file, report)
        for parsed in file.functions:
            name = parsed.function.name
            first = functions.setdefault(name, parsed)
            if first is not parsed:
                at = first.name_at.position
                report.add(
                    problem(
                        "function-name-taken",
                        parsed.name_at.path,
                        parsed.name_at.position,
                        f"another function has this name ({at.file}:{at.line})",
                        f'"{name}"',
                        "rename one of the two",
                    )
                )


def _check_reserved(file: ParsedFile, report: Report) -> None:
    """The network of jobs is a stack of its own, in each region, and so is what the CDK needs."""
    at = file.name_at
    fix = "give the file another `workflow:` name"
    got = f'"{file.file.name}"'
    if file.file.name == BOOTSTRAP_STACK:
        message = f"{BOOTSTRAP_STACK} is the stack that `cdk bootstrap` makes"
        report.add(problem("workflow-name-taken", at.path, at.position, message, got, fix))
    if f"{file.file.name}-".startswith(f"{NETWORK_STACK}-"):
        message = f"{NETWORK_STACK} is the stack of the network that jobs of all workflows share"
        report.add(problem("workflow-name-taken", at.path, at.position, message, got, fix))
