"""When the bytes of an expired object are really gone: the rules of buckets, applied day by day.

The model is S3's own description of what each action does to a version, a delete marker or an
upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from scar_constructs.language.workflow.join import Bucket
from scar_constructs.model import BucketSettings
from scar_constructs.model.limits import FAILURE_RETENTION_DAYS
from tests.synth.models import function, workflow
from tests.synth.synthesis import Json, resources, templates_of

LONG = 1_000


@dataclass(frozen=True)
class Version:
    """One version of a key: written on a day, replaced on a later one if at all."""

    written: int
    replaced: int | None = None
    marker: bool = False


CASES = {
    f"{'versioned' if versioned else 'suspended'}-{days}": BucketSettings(
        expire_days=days, versioned=versioned
    )
    for versioned in (True, False)
    for days in (1, 10, 14, 30, 365)
}


@pytest.fixture(scope="module")
def template() -> Json:
    """One stack with a bucket for each case, `photos` without settings, and the spool."""
    buckets = [
        Bucket(name=name, settings=settings, notifications=())
        for name, settings in {**CASES, "photos": BucketSettings()}.items()
    ]
    return templates_of(workflow(function(), buckets=tuple(buckets)))["flow"]


@pytest.fixture(scope="module")
def rules(template: Json) -> dict[str, list[Json]]:
    """The rules of each bucket; those of the spool, which has no name, under `spool`."""
    buckets = [one["Properties"] for one in resources(template, "AWS::S3::Bucket").values()]
    return {
        one.get("BucketName", "spool"): one["LifecycleConfiguration"]["Rules"] for one in buckets
    }


def day(rules: list[Json], versions: list[Version], today: int) -> list[Version]:
    """The versions of one key, newest last, after what a versioned bucket does with them today."""
    for rule in rules:
        days = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", LONG)
        versions = [one for one in versions if one.replaced is None or today - one.replaced < days]
        newest = versions[-1] if versions else None
        if newest is None:
            return []
        if newest.marker and len(versions) == 1 and rule.get("ExpiredObjectDeleteMarker"):
            return []
        if not newest.marker and today - newest.written >= rule.get("ExpirationInDays", LONG):
            versions = [
                *versions[:-1],
                replace(newest, replaced=today),
                Version(written=today, marker=True),
            ]
    return versions


def gone_after(rules: list[Json], versions: list[Version]) -> int | None:
    """The first day on which nothing of the key is left, neither a version nor a marker."""
    for today in range(LONG):
        versions = day(rules, versions, today)
        if not versions:
            return today
    return None


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_left_of_an_object_that_has_expired(
    rules: dict[str, list[Json]], case: str
) -> None:
    days = CASES[case].expire_days or 0
    left = days + min(days, FAILURE_RETENTION_DAYS)
    assert gone_after(rules[case], [Version(written=0)]) == left


def test_versions_that_were_replaced_stay_as_long_as_a_failed_event_waits(
    rules: dict[str, list[Json]],
) -> None:
    versions = [Version(written=0, replaced=5), Version(written=5)]
    expiring = rules["versioned-30"]
    assert len(day(expiring, versions, 5 + FAILURE_RETENTION_DAYS - 1)) == 2
    assert len(day(expiring, versions, 5 + FAILURE_RETENTION_DAYS)) == 1


def test_a_marker_of_a_deletion_by_hand_goes_with_the_last_version_under_it(
    rules: dict[str, list[Json]],
) -> None:
    deleted = [Version(written=0, replaced=2), Version(written=2, marker=True)]
    assert gone_after(rules["versioned-30"], deleted) == 2 + FAILURE_RETENTION_DAYS


def test_nothing_expires_unless_the_file_says_so(rules: dict[str, list[Json]]) -> None:
    versions = [Version(written=0, replaced=3), Version(written=3)]
    assert gone_after(rules["photos"], versions) is None


def test_s3_takes_no_rule_that_removes_markers_and_names_days(
    rules: dict[str, list[Json]],
) -> None:
    for rule in (one for listed in rules.values() for one in listed):
        named = {"ExpirationInDays", "ExpirationDate", "NoncurrentVersionExpiration"} & set(rule)
        assert not (rule.get("ExpiredObjectDeleteMarker") and named)


def test_parts_of_uploads_that_were_cut_off_go_in_every_bucket(
    rules: dict[str, list[Json]],
) -> None:
    for listed in rules.values():
        assert any("AbortIncompleteMultipartUpload" in rule for rule in listed)


def test_the_spool_keeps_no_versions_so_that_its_one_rule_removes_bytes(template: Json) -> None:
    (spool,) = (
        one["Properties"]
        for one in resources(template, "AWS::S3::Bucket").values()
        if "BucketName" not in one["Properties"]
    )
    assert "VersioningConfiguration" not in spool
    assert [rule["ExpirationInDays"] for rule in spool["LifecycleConfiguration"]["Rules"]] == [30]
