"""Which stack makes which bucket, and with what settings.

A bucket belongs to the only file that uses it; if several do, to the file with a function that
writes to it; if that is none or several, to the first stack by name. `buckets: {NAME: {owner:
true}}` decides against all that, and `existing: true` says that no stack makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.workflow.existing_buckets import event_bridge_command
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import BucketSettings, StackOptions


@dataclass(frozen=True)
class Owned:
    """A bucket that the stack makes, with the settings that hold for it."""

    stack: str
    settings: BucketSettings


def find_owners(files: Sequence[ParsedFile], report: Report) -> dict[str, Owned]:
    """The owner of each bucket that the functions use, by name; existing buckets have none."""
    readers = _users(files, "inputs")
    writers = _users(files, "outputs")
    owners: dict[str, Owned] = {}
    for bucket in sorted({*readers, *writers}):
        settings = _settings(bucket, files, report)
        if settings.existing:
            if bucket in readers:
                _tell_of_events(bucket, files, report)
            continue
        wrote = writers.get(bucket, [])
        used = [file for file in files if file in wrote or file in readers.get(bucket, [])]
        claimed = _claimed(bucket, files, report)
        candidates = claimed or (wrote if len(wrote) == 1 else used)
        owner = min(candidates, key=lambda file: file.file.name).file
        owners[bucket] = Owned(owner.name, _with_options(settings, owner.options))
    return owners


def _with_options(settings: BucketSettings, options: StackOptions) -> BucketSettings:
    """What the owner's file says of all its buckets holds where it says nothing of this one."""
    return replace(
        settings,
        kms_key=settings.kms_key or options.kms_key,
        access_logs=settings.access_logs or options.access_logs,
    )


def find_keys(files: Sequence[ParsedFile], owners: Mapping[str, Owned]) -> dict[str, str]:
    """The key of each bucket that is encrypted with one, also of those that exist already."""
    existing = {
        name: settings.kms_key
        for file in files
        for name, settings in file.file.buckets.items()
        if settings.existing and settings.kms_key
    }
    made = {
        name: owned.settings.kms_key for name, owned in owners.items() if owned.settings.kms_key
    }
    return {**existing, **made}


def _users(files: Sequence[ParsedFile], side: str) -> dict[str, list[ParsedFile]]:
    """The files whose functions have the bucket among their `inputs` or `outputs`."""
    users: dict[str, list[ParsedFile]] = {}
    for file in files:
        places = (
            place
            for function in file.file.functions
            for place in (function.own_inputs if side == "inputs" else function.own_outputs)
        )
        for bucket in dict.fromkeys(place.bucket for place in places):
            users.setdefault(bucket, []).append(file)
    return users


def _settings(bucket: str, files: Sequence[ParsedFile], report: Report) -> BucketSettings:
    """What the files say of the bucket; they must agree."""
    said = [file for file in files if bucket in file.file.buckets]
    if not said:
        return BucketSettings()
    first = replace(said[0].file.buckets[bucket], owner=False)
    for other in said[1:]:
        if replace(other.file.buckets[bucket], owner=False) != first:
            place = other.buckets_at[bucket]
            report.add(
                problem(
                    "bucket-settings-differ",
                    place.path,
                    place.position,
                    f"must be the same as in {said[0].file.path}",
                    "",
                    "leave the settings in one file",
                )
            )
    return first


def _claimed(bucket: str, files: Sequence[ParsedFile], report: Report) -> list[ParsedFile]:
    """The files that say `owner: true` of the bucket; at most one may."""
    claimed = [
        file for file in files if bucket in file.file.buckets and file.file.buckets[bucket].owner
    ]
    if len(claimed) > 1:
        place = claimed[1].buckets_at[bucket]
        report.add(
            problem(
                "two-owners",
                place.path,
                place.position,
                f"{claimed[0].file.path} owns this bucket too",
                "",
                "leave `owner: true` in one file",
            )
        )
    return claimed


def _tell_of_events(bucket: str, files: Sequence[ParsedFile], report: Report) -> None:
    """No stack can change the notifications of a bucket that it did not make."""
    file = next(file for file in files if bucket in file.buckets_at)
    place = file.buckets_at[bucket]
    report.add(
        problem(
            "existing-bucket-events",
            place.path,
            place.position,
            "the bucket starts functions only if its owner sends its events to EventBridge",
            "",
            f"switch that on, once: {event_bridge_command(bucket)}",
        )
    )
