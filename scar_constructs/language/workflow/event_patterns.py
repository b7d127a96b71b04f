"""What EventBridge's rules match: new keys of a bucket, by their start or by their end.

Start and end of one key at once need a `wildcard`, and a bus takes 30 rules with one, for the whole
account. So a rule may take more keys than the function's filters let through, and the runtime,
which knows the filters, ignores the rest.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import limits
from scar_constructs.model.filters import Filter, minimal

Pattern = dict[str, Any]
_TEXT_MAX = limits.EVENT_PATTERN_MAX_CHARACTERS // 2
"""Of one start or end as JSON, so that a pattern always has room for it."""


class KeyFilter(Protocol):
    """Keys that start with `prefix` and end in `suffix`; either may be empty."""

    @property
    def prefix(self) -> str: ...

    @property
    def suffix(self) -> str: ...


def event_patterns(bucket: str, filters: Iterable[KeyFilter]) -> tuple[Pattern, ...]:
    """The patterns of as many rules as are needed for all keys that pass any of the filters, and
    for all keys if there is no filter. None is longer than a rule takes."""
    patterns: list[Pattern] = []
    taken: list[dict[str, str]] = []
    for matcher in _matchers(filters):
        if taken and not _fits(_pattern(bucket, [*taken, matcher])):
            patterns.append(_pattern(bucket, taken))
            taken = []
        taken.append(matcher)
    return (*patterns, _pattern(bucket, taken))


def _pattern(bucket: str, matchers: Sequence[dict[str, str]]) -> Pattern:
    detail: Pattern = {"bucket": {"name": [bucket]}}
    if matchers:
        detail["object"] = {"key": list(matchers)}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _fits(pattern: Pattern) -> bool:
    """Whether EventBridge takes the pattern, whichever letters CloudFormation may escape in it."""
    return len(json.dumps(pattern)) <= limits.EVENT_PATTERN_MAX_CHARACTERS


def _matchers(filters: Iterable[KeyFilter]) -> Iterator[dict[str, str]]:
    """One for each start or end of keys, without those that another covers."""
    halves = minimal(_half(one) for one in filters)
    for half in halves:
        if half.prefix:
            yield {"prefix": half.prefix}
        elif half.suffix:
            yield {"suffix": half.suffix}


def _half(one: KeyFilter) -> Filter:
    """The start of a filter's keys or, if it has none, their end; if it is too long, a part."""
    prefix, suffix = one.prefix, "" if one.prefix else one.suffix
    while len(json.dumps(prefix)) > _TEXT_MAX:
        prefix = prefix[: len(prefix) // 2]
    while len(json.dumps(suffix)) > _TEXT_MAX:
        suffix = suffix[len(suffix) // 2 :]
    return Filter(prefix, suffix)


def event_rules(stack: Stack) -> int:
    """How many rules a stack has: one for the failed jobs of each function, its buckets', and the
    schedules of joins."""
    jobs = sum(function.execution_mode.runs_on_batch for function in stack.functions)
    patterns = [event_patterns(rule.bucket, rule.filters) for rule in stack.rules]
    schedules = sum(one.overdue_after_seconds is not None for one in stack.functions)
    return jobs + schedules + sum(len(one) for one in patterns)
