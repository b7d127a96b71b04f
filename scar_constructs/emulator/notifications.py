"""What S3 refuses in a bucket's notifications, and whom it may invoke.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html: rules for
the same event must not overlap in prefix and suffix at once.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from scar_constructs.emulator.services import Emulator

Rule = Mapping[str, Any]
_OVERLAP = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
    "prefixes are overlapping for the same event type."
)
_ENCODED = re.compile(r"(?:[A-Za-z0-9/!_.*'()+-]|%[0-9A-Fa-f]{2})*")
"""What S3 calls safe, a space as `+`, and everything else percent-encoded:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


def passes(key: str, prefix: str | None, suffix: str | None) -> bool:
    """Whether a notification with this filter is about the key.

    The values of a filter are encoded, see the page above. S3 takes one that is not, and it
    matches nothing.
    """
    if not all(_ENCODED.fullmatch(value or "") for value in (prefix, suffix)):
        return False
    return key.startswith(_decoded(prefix)) and key.endswith(_decoded(suffix))


def overlap(rules: Sequence[Rule]) -> str | None:
    """S3's refusal of rules of which two could both take the same object, or None."""
    for one, other in itertools.combinations(rules, 2):
        if (
            _events_meet(one, other)
            and _nested(one, other, "filter_prefix", str.startswith)
            and _nested(one, other, "filter_suffix", str.endswith)
        ):
            return _OVERLAP
    return None


class Settling:
    """Bucket configurations that still hold for a while after they were replaced.

    S3 says five minutes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/
    how-to-enable-disable-notification-intro.html. Here it is `seconds`, long enough to show what
    a deployment loses that removes too early what the bucket notified. The first configuration
    of a bucket holds at once.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._replaced: dict[str, tuple[str, float]] = {}

    def replaced(self, bucket: str, configuration: str) -> None:
        """Note what a new configuration takes the place of, unless something older still holds."""
        if self.earlier(bucket) is None:
            self._replaced[bucket] = (configuration, time.monotonic() + self._seconds)

    def earlier(self, bucket: str) -> str | None:
        """What held before and still does."""
        configuration, until = self._replaced.get(bucket, (None, 0.0))
        return configuration if time.monotonic() < until else None


class UnheardBuckets:
    """Buckets that a rule follows and whose events EventBridge never hears of."""

    def __init__(self, emulator: Emulator, warn: Callable[[str], None]) -> None:
        self._emulator = emulator
        self._warn = warn

    def changed(self, bucket: str) -> None:
        """Warn if something in this bucket, which is silent, should have started a function."""
        if self._emulator.rules.follow(bucket):
            self._warn(
                f"{bucket} does not send its events to EventBridge, so that no rule hears of its "
                "files; the output of the stack that follows it has the command"
            )


class FunctionTargets:
    """S3's permission to invoke functions, by the functions' own policies."""

    def __init__(self, emulator: Emulator, warn: Callable[[str], None]) -> None:
        self._emulator = emulator
        self._warn = warn

    def fault(self, bucket: str, rules: Sequence[Rule]) -> str | None:
        """Why S3 refuses these notifications of the bucket, or None."""
        if text := overlap(rules):
            return text
        refused = [
            rule["arn"]
            for rule in rules
            if rule["type"] == "lambda" and not self._may_invoke(rule["arn"], bucket)
        ]
        if refused:
            names = ", ".join(refused)
            return f"Unable to validate the following destination configurations: {names}"
        return None

    def allows(self, function_arn: str, bucket: str) -> bool:
        """The same at delivery: the permission may be gone since."""
        allowed = self._may_invoke(function_arn, bucket)
        if not allowed:
            self._warn(f"{function_arn} does not let bucket {bucket} invoke it")
        return allowed

    def _may_invoke(self, function_arn: str, bucket: str) -> bool:
        record = self._emulator.functions.find(function_arn)
        source = {
            "aws:sourcearn": f"arn:aws:s3:::{bucket}",
            "aws:sourceaccount": self._emulator.scope().account,
        }
        return record is not None and self._emulator.identity.policy_allows(
            record["policy"], "s3.amazonaws.com", "lambda:InvokeFunction", function_arn, source
        )


def _events_meet(one: Rule, other: Rule) -> bool:
    return any(_covers(a, b) or _covers(b, a) for a in one["events"] for b in other["events"])


def _covers(pattern: str, event: str) -> bool:
    return pattern == event or (pattern.endswith("*") and event.startswith(pattern[:-1]))


def _nested(one: Rule, other: Rule, name: str, extends: Any) -> bool:
    a, b = _decoded(one.get(name)), _decoded(other.get(name))
    return bool(extends(a, b) or extends(b, a))


def _decoded(value: str | None) -> str:
    return unquote_plus(value or "")
