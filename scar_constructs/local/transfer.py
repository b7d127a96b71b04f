"""Files into the cloud and out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scar_constructs.language.load import Starter
from scar_constructs.language.workflow.join import Application
from scar_constructs.local.errors import LocalError
from scar_constructs.local.server import CloudAddress
from scar_constructs.model import Function
from scar_constructs.model.filters import input_filters
from scar_constructs.operate.local_paths import local_paths

_SHOWN_INPUTS = 10


@dataclass(frozen=True)
class Upload:
    """A file and where it goes."""

    file: Path
    bucket: str
    key: str


def parse_uploads(arguments: Sequence[str], starters: Sequence[Starter]) -> list[Upload]:
    """Each `[BUCKET/PREFIX=]FILE`; the default place is the first function's first input.

    Raises `LocalError` with everything that is wrong, such as a file that would start nothing.
    """
    uploads, faults = [], []
    for argument in arguments:
        try:
            upload = _parsed(argument, starters)
            _require_start(argument, upload, starters)
        except LocalError as fault:
            faults.append(str(fault))
        else:
            uploads.append(upload)
    if faults:
        raise LocalError("\n".join(faults))
    return uploads


def make_existing_buckets(application: Application, cloud: CloudAddress) -> list[str]:
    """Make the buckets that the stacks expect to be there, with their events in EventBridge.

    The names of those whose events start functions.
    """
    storage = cloud.client("s3")
    owned = {bucket.name for stack in application.stacks for bucket in stack.buckets}
    functions = functions_of(application)
    read = {entry.bucket for function in functions for entry in function.role_inputs}
    written = {entry.bucket for function in functions for entry in function.role_outputs}
    for name in sorted((read | written) - owned):
        storage.create_bucket(Bucket=name)
        storage.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    rules = [rule for stack in application.stacks for rule in stack.rules]
    return sorted({rule.bucket for rule in rules if rule.existing})


def put(uploads: Iterable[Upload], cloud: CloudAddress) -> None:
    storage = cloud.client("s3")
    for upload in uploads:
        storage.upload_file(str(upload.file), upload.bucket, upload.key)


def get(
    application: Application, uploads: Collection[Upload], cloud: CloudAddress, folder: Path
) -> list[Path]:
    """Download everything that the functions wrote to `folder/BUCKET/KEY`; the files' paths."""
    storage = cloud.client("s3")
    ours = {(upload.bucket, upload.key) for upload in uploads}
    places = {
        (output.bucket, f"{output.folder}/" if output.folder else "")
        for function in functions_of(application)
        for output in function.role_outputs
    }
    found = {
        (bucket, entry["Key"])
        for bucket, prefix in sorted(places)
        for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for entry in page.get("Contents", ())
    }
    paths = local_paths(found - ours, folder)
    for (bucket, key), path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.download_file(bucket, key, str(path))
    return list(paths.values())


def functions_of(application: Application) -> list[Function]:
    return [function for stack in application.stacks for function in stack.functions]


def _parsed(argument: str, starters: Sequence[Starter]) -> Upload:
    place, sign, name = argument.partition("=")
    if Path(argument).is_file() or not sign:
        place, name = _default_place(starters), argument
    file = Path(name)
    if not file.is_file():
        raise LocalError(f"there is no file {file} to upload")
    bucket, _, prefix = place.partition("/")
    if not bucket:
        raise LocalError(f"name the bucket: --put BUCKET/PREFIX={file}, got {place!r}")
    prefix = prefix.strip("/")
    return Upload(file, bucket, f"{prefix}/{file.name}" if prefix else file.name)


def _default_place(starters: Sequence[Starter]) -> str:
    if not starters:
        raise LocalError("no function has an input that a file could start")
    source = starters[0].source
    return f"{source.bucket}/{source.folder}"


def _require_start(argument: str, upload: Upload, starters: Sequence[Starter]) -> None:
    """Raise `LocalError`, with the inputs that were missed, unless the file starts a function."""
    here = [starter for starter in starters if starter.source.bucket == upload.bucket]
    filters = [one for starter in here for one in input_filters(starter.source)]
    if any(one.passes(upload.key) for one in filters):
        return
    missed = [line for starter in here or starters for line in _told(starter)]
    wrong = (
        f"{upload.bucket}/{upload.key} would start no function"
        if here
        else (f"no function has an input in the bucket {upload.bucket}")
    )
    shown = missed[:_SHOWN_INPUTS]
    if len(missed) > len(shown):
        shown.append(f"and {len(missed) - len(shown)} more")
    inputs = "".join(f"\n  {line}" for line in shown) or " none"
    raise LocalError(f"--put {argument}: {wrong}; the inputs are:{inputs}")


def _told(starter: Starter) -> list[str]:
    """The input's filters, one line each, with the place in the file."""
    position = starter.at.position
    place = f"{position.file}:{position.line}:{position.column}"
    return [
        f"{starter.source.bucket}/{one.prefix}*{one.suffix} of {starter.function} ({place})"
        for one in input_filters(starter.source)
    ]
